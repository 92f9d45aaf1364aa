"""Delete, cut or overwrite a real worker's ledgers, while it runs and while it is stopped.

Nothing may be lost or doubled, and the worker must serve again.
"""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest

from tests.faults.harness.cluster import Stack, wait_until
from tests.faults.scenarios.scenario import check_scenario, running_scenario

DELIVERIES = 4
"""Deliveries of a unit in a round, with corrections, deletions and repeats among them."""
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
                # Leave little of a table: the part read while opening may be cached in memory.
                opened.truncate(size // (20 if how.startswith("tables") else 2))
            else:
                # Overwrite all entries, but keep the table's end, which RocksDB needs to open it.
                opened.write(b"\xff" * (size // 2))


@pytest.mark.long
async def test_damaged_ledgers_heal(stack: Stack, tmp_path: Path) -> None:
    async with running_scenario(stack, tmp_path, "a") as scenario:
        worker, ledgers = scenario.cluster.workers["a"], tmp_path / "ledger" / "a"

        async def served() -> None:
            for lane in range(8):
                await scenario.send_to(lane, DELIVERIES)
            assert await scenario.answered(), worker.exit_codes

        async def stopped() -> None:
            scenario.cluster.leave("a")
            await wait_until(lambda: not worker.alive)

        async def started() -> None:
            known = logged().count(OPEN)
            await scenario.cluster.join("a")
            await wait_until(lambda: logged().count(OPEN) > known)

        def logged() -> str:
            return (tmp_path / "a.log").read_text("utf-8")

        for lane in RUNNING:
            # More than an opening reads, so that some of the table is read only when needed.
            unit = scenario.units_of(lane)[0]
            await scenario.driver.send_planned(scenario.driver.load.large(unit, MANY_ITEMS))
        await served()
        # The next start moves what this run has written into tables.
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
    assert (await check_scenario(stack, scenario)).messages == []
