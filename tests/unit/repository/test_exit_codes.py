"""The exit codes on the operators' pages are those that processes end with."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from kpr_stream import errors
from tests.support.repository import ROOT

ROW = re.compile(r"^\|.*\(`(\w+Error)`\).*?\| (\d+) \|", re.MULTILINE)
AT_WORK = "kpr_stream.processor.worker.end"
LANE = errors.LaneError.exit_code


def rows(page: Path) -> list[tuple[str, int]]:
    return [(name, int(code)) for name, code in ROW.findall(page.read_text("utf-8"))]


PAGE = ROOT / "docs" / "operate" / "worker.md"


def ended_by(name: str) -> int:
    """Return the code with which a worker that serves ends for an error of this name."""
    make = f"errors.{name}('It.', what_to_do='Look.')"
    if issubclass(getattr(errors, name), errors.ContractError):
        make = f"errors.{name}('It.', what_to_do='Look.', code='X')"
    program = f"from kpr_stream import errors; import {AT_WORK} as end; end.end_because_of({make})"
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=False, capture_output=True
    ).returncode


@pytest.mark.parametrize(("name", "code"), sorted(set(rows(PAGE))))
def test_a_worker_ends_with_the_code_that_its_page_names(name: str, code: int) -> None:
    """An error at start has its own code, an error at work that of a lane, but for some."""
    assert code in {getattr(errors, name).exit_code, ended_by(name)}


def test_a_broker_that_is_lost_at_work_has_the_code_of_a_lane() -> None:
    assert ("BrokerError", LANE) in rows(PAGE)
    assert ended_by("BrokerError") == LANE
    assert ended_by("TopicChangedError") == errors.TopicChangedError.exit_code
