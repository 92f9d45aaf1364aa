"""The demo as a user runs it: once, with workers killed half-way, and once more."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from prometheus_client import CollectorRegistry

from kpr_stream.kafka.access import kafka_access
from kpr_stream.metrics.instruments import Metrics
from kpr_stream.metrics.metric import Process
from kpr_stream.model.topics import PARTITIONS, Role
from kpr_stream.processor.lanes.recovery import Opener, close_all
from kpr_stream.processor.worker.metrics_observer import MetricsObserver
from kpr_stream.settings import Settings
from tests.support.poll import HANGING_S, eventually
from tests.support.processes import ending

pytestmark = pytest.mark.long

ITEMS = "4000"  # enough for every trouble that the small world has, in a city with districts, too
COMMAND = [sys.executable, "-m", "kpr_stream"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A register of its own, whose stack is stopped at the end."""
    home = tmp_path_factory.mktemp("demo") / "home"
    yield home
    subprocess.run([*COMMAND, "down"], env=environment(home), check=True, capture_output=True)


def environment(home: Path) -> dict[str, str]:
    return os.environ | {"KPR_HOME": str(home)}


def demo(home: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, "demo", "--consultations", ITEMS, "--municipalities", "4", "--json", *more],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def result(process: subprocess.Popen[str]) -> dict[str, Any]:
    with ending(process):
        told, said = process.communicate(timeout=HANGING_S)
    assert process.returncode == 0, said[-3000:]
    found = json.loads(told)
    assert isinstance(found, dict)
    return found


def serving(process: subprocess.Popen[str], home: Path) -> list[psutil.Process]:
    """The demo's workers, once one of them serves lanes."""
    if process.poll() is not None:
        raise AssertionError(process.communicate()[1][-3000:])
    log = home / "log" / "worker-1.log"
    if not log.exists() or "are open after" not in log.read_text("utf-8"):
        return []
    return [child for child in psutil.Process(process.pid).children() if is_worker(child)]


def is_worker(process: psutil.Process) -> bool:
    try:
        return "worker" in process.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return False


def test_everything_balances_with_both_workers_killed_half_way_and_again_when_run_twice(
    home: Path,
) -> None:
    first = demo(home)
    with ending(first):
        for worker in eventually(lambda: serving(first, home)):
            os.kill(worker.pid, signal.SIGKILL)
        once = result(first)
    assert once["restarts"] >= 2
    for told in (once, twice := result(demo(home))):
        assert told["ok"]
        assert told["balanced"]
        assert told["rows_equal_truth"]
        assert told["privacy"]["canary_found"]
        assert told["privacy"]["leaks"] == []
        assert told["clean_records"] == told["rows_in_postgres"] > 0
        assert told["received"] == sum(told["outcomes"].values())
        assert len(told["outcomes"]) == 7
        assert set(told["systems"]) == {
            "visma-hspro",
            "eg-infodoc",
            "cgm-helsestasjon",
            "helseplattformen",
        }
        page = Path(told["report"]).read_text("utf-8")
        assert "Hvor gode er opplysningene?" in page
        assert "Ingen virksomhet har rapportert ennå." not in page
        assert page.count("<figure>") >= 2
    assert once["outcomes_as_expected"]
    assert twice["rows_in_postgres"] == once["rows_in_postgres"]
    assert twice["received"] == once["received"]
    assert twice["outcomes"]["duplicate"] > once["outcomes"]["duplicate"]


async def test_a_ledger_rebuilt_cold_is_byte_equal_to_one_that_was_lived(
    home: Path, tmp_path: Path
) -> None:
    """Lived by a worker that was killed, caught up; read on the loop; read in a thread."""
    access = kafka_access(Settings(home=home), Role.PROCESSOR)
    found = []
    for folder, warm_offsets in (
        (home / "ledger" / "worker-1", 10**9),
        (tmp_path / "on-the-loop", 10**9),
        (tmp_path / "in-a-thread", -1),
    ):
        opener = Opener(
            access,
            "kpr-hst",
            ledger_dir=folder,
            observer=MetricsObserver(Metrics(Process.WORKER, CollectorRegistry())),
            now=lambda: round(time.time() * 1000),
            warm_offsets=warm_offsets,
        )
        lanes = range(PARTITIONS)
        producers = await opener.fence(lanes)
        try:
            starts, cold = await opener.catch_up(lanes)
            for lane in cold:
                starts[lane] = await opener.rebuild(lane, lambda: False)
        finally:
            await close_all(producers.values())
        found.append(({lane: list(opener.ledger(lane).entries()) for lane in lanes}, starts))
        opener.close()
    lived, on_the_loop, in_a_thread = found
    assert sum(len(entries) for entries in lived[0].values()) > int(ITEMS)
    assert lived == on_the_loop == in_a_thread


def test_another_nation_in_the_same_register_is_refused(home: Path) -> None:
    with ending(demo(home, "--seed", "2")) as process:
        _, said = process.communicate(timeout=HANGING_S)
    assert process.returncode == 2
    assert "another made-up nation" in said
