"""The demo as a user runs it: once, with workers killed half-way, and once more."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.poll import eventually

ITEMS = "800"
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
    told, said = process.communicate(timeout=240)
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
    children = psutil.Process(process.pid).children()
    return [child for child in children if "worker" in child.cmdline()]


def test_everything_balances_with_both_workers_killed_half_way_and_again_when_run_twice(
    home: Path,
) -> None:
    first = demo(home)
    for worker in eventually(lambda: serving(first, home), within_s=120):
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
    assert once["outcomes_as_expected"]
    assert twice["rows_in_postgres"] == once["rows_in_postgres"]
    assert twice["received"] == once["received"]
    assert twice["outcomes"]["duplicate"] > once["outcomes"]["duplicate"]


def test_another_nation_in_the_same_register_is_refused(home: Path) -> None:
    process = demo(home, "--seed", "2")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "another made-up nation" in said
