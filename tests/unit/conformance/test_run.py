"""A run always ends with a report, and a sender that ended by itself is waited for no longer."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import psutil
import pytest

from kpr_stream.conformance import run as running
from kpr_stream.conformance.cases import CaseOutcome
from kpr_stream.conformance.run import Plan, Run, TrialDisplay, run_conformance
from kpr_stream.conformance.sender import SenderUnderTest
from kpr_stream.conformance.steps import judge_whole
from kpr_stream.conformance.trial import Trial
from kpr_stream.errors import StackError, UsageError
from kpr_stream.model.words import System
from kpr_stream.settings import Settings
from kpr_stream.trial_receiver.run import TrialReceiver
from kpr_stream.trial_receiver.sent import SentRecord
from kpr_stream.trial_receiver.vendor_files import VendorFolder
from tests.support.no_broker import NO_BROKER
from tests.support.poll import eventually
from tests.unit.conformance.test_checks import changed, right

SYSTEM = System.VISMA_HSPRO
LONG_S = 3600.0
"""A wait that no test sits through."""
RUNS = f"import time; print('up', flush=True); time.sleep({LONG_S})"


class Receiver(TrialReceiver):
    """A receiver without a broker."""

    def __init__(self, log: list[SentRecord]) -> None:
        self.sent, self.system = log, SYSTEM


def trial(folder: Path, *command: str, log: list[SentRecord] | None = None) -> Trial:
    vendor = VendorFolder(folder / "vendor")
    vendor.write_login(SYSTEM, NO_BROKER)
    sender = SenderUnderTest(
        system=SYSTEM, folder=folder, vendor=vendor, command=command, resend_after_s=4
    )
    return Trial(Receiver(log or []), sender, LONG_S)


def python(program: str) -> tuple[str, ...]:
    return sys.executable, "-c", program


@pytest.mark.parametrize(
    ("program", "how"),
    [
        ("import sys; sys.exit(3)", "with exit code 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "by SIGKILL"),
    ],
)
def test_a_sender_that_ended_is_waited_for_no_longer(
    tmp_path: Path, program: str, how: str
) -> None:
    tried = trial(tmp_path, *python(program))
    tried.sender.start()
    assert not asyncio.run(tried.until(lambda: False))
    tried.judge("every_kind", [])
    tried.end_step(tried.sender.ended())
    result = tried.results["every_kind"]
    assert result.result is CaseOutcome.FAILED
    assert how in result.problems[0]


def test_a_step_fails_no_case_of_an_earlier_one(tmp_path: Path) -> None:
    tried = trial(tmp_path)
    tried.judge("every_kind", [])
    tried.end_step(None)
    tried.judge("window", [])
    tried.end_step("with exit code 1")
    assert tried.results["every_kind"].result is CaseOutcome.PASSED
    assert tried.results["window"].result is CaseOutcome.FAILED


def test_a_sender_that_runs_is_not_started_twice_and_is_always_ended(tmp_path: Path) -> None:
    tried = trial(tmp_path, *python(f"import os; print(os.getpid()); {RUNS}"))
    sender = tried.sender
    try:
        sender.start()
        eventually(lambda: b"up" in sender.printed())
        sender.start()
        assert sender.ended() is None
        assert sender.printed().count(b"up") == 1
    finally:
        sender.stop()
    assert not psutil.pid_exists(int(sender.printed().split()[0]))


def test_a_program_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no-such-program is no program"):
        trial(tmp_path, "no-such-program").sender.start()


def test_a_sender_that_sent_nothing_has_shown_nothing(tmp_path: Path) -> None:
    tried = trial(tmp_path)
    tried.deliver(tried.orders.unit())
    judge_whole(tried, to_the_end=True)
    assert {one.result for one in tried.results.values()} == {CaseOutcome.FAILED}
    assert {"same_content", "software_version"} == set(tried.results)


def test_a_run_that_ended_early_shows_faults_and_passes_nothing(tmp_path: Path) -> None:
    tried = trial(tmp_path, log=changed(3, attempt=1))
    tried.deliver(tried.orders.unit())
    judge_whole(tried, to_the_end=False)
    assert [one.case.name for one in tried.results.values()] == ["attempts"]
    whole = trial(tmp_path / "whole", log=right())
    judge_whole(whole, to_the_end=True)
    assert whole.results["attempts"].result is CaseOutcome.PASSED


def refuse() -> NoReturn:
    raise StackError("The broker does not start.", what_to_do="See its log.")


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def fail() -> NoReturn:
    raise ZeroDivisionError


def ends(monkeypatch: pytest.MonkeyPatch, home: Path, act: Callable[[], None]) -> dict[str, Any]:
    """Return the report of a run without a stack in which something happens."""

    @contextmanager
    def stack(settings: Settings, *_: Any, **__: Any) -> Iterator[Settings]:
        yield settings

    async def act_at_work(_settings: Settings, folder: Path, run: Run, _: TrialDisplay) -> None:
        run.trial = trial(folder, *python(RUNS))
        run.trial.sender.start()
        try:
            act()
            await asyncio.sleep(LONG_S)
        finally:
            run.trial.sender.stop()

    monkeypatch.setattr(running, "trial_stack", stack)
    monkeypatch.setattr(running, "try_sender", act_at_work)
    plan = Plan(system=SYSTEM, command=python(RUNS), resend_after_s=4, patience_s=LONG_S)
    display = TrialDisplay(step=lambda _: None, by_hand=lambda _: None)
    before = signal.getsignal(signal.SIGTERM)
    try:
        run_conformance(Settings(home=home), plan, display, home / "report")
    finally:
        assert signal.getsignal(signal.SIGTERM) is before
        assert (home / "report" / "report.html").exists()
    found: dict[str, Any] = json.loads((home / "report" / "report.json").read_text("utf-8"))
    return found


def test_a_run_that_is_stopped_has_a_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = ends(monkeypatch, tmp_path, interrupt)
    assert found["ended_early"] == "The run was stopped by SIGTERM or SIGINT."
    assert found["grade"] == "incomplete"
    assert {one["result"] for one in found["cases"]} == {"not run"}


@pytest.mark.parametrize(
    ("act", "error", "why"),
    [
        (refuse, StackError, "The broker does not start."),
        (fail, ZeroDivisionError, "The run failed: ZeroDivisionError at "),
    ],
)
def test_a_run_that_fails_has_a_report(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    act: Callable[[], None],
    error: type[Exception],
    why: str,
) -> None:
    with pytest.raises(error):
        ends(monkeypatch, tmp_path, act)
    found = json.loads((tmp_path / "report" / "report.json").read_text("utf-8"))
    assert found["ended_early"].startswith(why)
    assert found["grade"] == "incomplete"
    assert "Ended early" in (tmp_path / "report" / "report.html").read_text("utf-8")
