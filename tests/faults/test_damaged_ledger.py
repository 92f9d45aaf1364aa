"""A real worker whose ledgers are deleted, cut or overwritten, while it runs and while it does not:
nothing is lost, nothing is there twice, and the worker serves on."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest

from tests.faults.harness.cluster import Stack, until
from tests.faults.scenarios.scenario import judge, play

DELIVERIES = 4
"""Of a unit, in a round: among them corrections, deletions and the same again."""
RUNNING = {1: "folder", 2: "tables cut", 3: "tables overwritten", 4: "logs cut"}
STOPPED = {0: "logs cut", 5: "pointer", 6: "folder", 7: "tables overwritten"}
MANY_ITEMS = 600
OPEN = "are open after"
CANNOT_BE_READ = "cannot be read (Corruption)"


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="aiokafka")


def damage(ledger: Path, how: str) -> None:
    tables, logs = sorted(ledger.glob("*.sst")), sorted(ledger.glob("*.log"))
    if how == "folder":
        shutil.rmtree(ledger)
    elif how == "pointer":
        (ledger / "CURRENT").unlink()
    for file in tables if how.startswith("tables") else logs if how.startswith("logs") else ():
        size = file.stat().st_size
        with file.open("r+b") as opened:
            if how.endswith("cut"):
                # Of a table little is left: what an opening has read may lie in memory already.
                opened.truncate(size // (20 if how.startswith("tables") else 2))
            else:
                # All of the entries; what is left at the end lets RocksDB open the table.
                opened.write(b"\xff" * (size // 2))


async def test_damaged_ledgers_heal(stack: Stack, tmp_path: Path) -> None:
    async with play(stack, tmp_path, "a") as scene:
        worker, ledgers = scene.cluster.workers["a"], tmp_path / "ledger" / "a"

        async def served() -> None:
            for lane in range(8):
                await scene.send_to(lane, DELIVERIES)
            assert await scene.answered(), worker.ends

        async def stopped() -> None:
            scene.cluster.leave("a")
            await until(lambda: not worker.alive)

        async def started() -> None:
            known = logged().count(OPEN)
            await scene.cluster.join("a")
            await until(lambda: logged().count(OPEN) > known)

        def logged() -> str:
            return (tmp_path / "a.log").read_text("utf-8")

        for lane in RUNNING:
            # More than an opening reads, so that some of it is read only when it is needed.
            unit = scene.units_of(lane)[0]
            await scene.driver.send_planned(scene.driver.load.large(unit, MANY_ITEMS))
        await served()
        # What a run has written comes to lie in tables with the next start.
        await stopped()
        await started()
        for lane, how in RUNNING.items():
            damage(ledgers / f"lane-{lane}", how)
        await served()
        assert logged().count(CANNOT_BE_READ) >= 2
        await stopped()
        for lane, how in STOPPED.items():
            damage(ledgers / f"lane-{lane}", how)
        await started()
        await served()
    assert (await judge(stack, scene)).told == []
