"""Run every step against a sender: stack, receiver, sender, results, report."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from kpr_stream.conformance.report import page_of, report_of
from kpr_stream.conformance.sender import SenderUnderTest, read_environment
from kpr_stream.conformance.steps import STEPS, Step, judge_whole
from kpr_stream.conformance.trial import Trial, all_results
from kpr_stream.embedded.files import READABLE, make_folder, write_text
from kpr_stream.errors import KprError, place_of
from kpr_stream.model.words import System
from kpr_stream.settings import Settings
from kpr_stream.trial_receiver.run import TrialReceiver
from kpr_stream.trial_receiver.stack import trial_stack
from kpr_stream.trial_receiver.vendor_files import VendorFolder

REPORT_JSON, REPORT_HTML = "report.json", "report.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is tried, and how long is waited."""

    system: System
    command: Sequence[str]
    resend_after_s: float
    patience_s: float
    steps: tuple[Step, ...] = STEPS


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialDisplay:
    """Where a run shows what it does."""

    step: Callable[[str], None]
    by_hand: Callable[[str], None]
    """Called with the environment of a sender that is started by hand."""
    written: Callable[[Sequence[Path]], None] = lambda _: None
    """Called with the files of the report, however the run ended."""


@dataclass(slots=True)
class Run:
    """What a run has shown so far: its report can be made at any time."""

    plan: Plan
    trial: Trial | None = None
    ended_early: str | None = "The run has not ended."
    """Why not every step was run; None if every step was."""
    _tested_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _began: float = field(default_factory=time.monotonic)

    def end_early(self, why: str) -> None:
        """Note why the run ends, unless every step was run."""
        if self.ended_early is not None:
            self.ended_early = why

    def report(self) -> dict[str, Any]:
        """Judge what the whole log shows, and return the report."""
        trial = self.trial
        if trial is not None:
            judge_whole(trial, to_the_end=self.ended_early is None)
        return report_of(
            self.plan.system,
            [] if trial is None else trial.log,
            all_results({} if trial is None else trial.results),
            tested_at=self._tested_at,
            seconds=time.monotonic() - self._began,
            ended_early=self.ended_early,
        )


def run_conformance(
    settings: Settings, plan: Plan, display: TrialDisplay, report_folder: Path
) -> dict[str, Any]:
    """Run on a stack of its own, write the report into its folder, and return it.

    A run that is stopped by SIGTERM or SIGINT, or fails, has a report too: cases without a result
    were not run. An error is raised after its report was written.
    """
    folder = settings.home / "conformance" / plan.system.value
    run, found = Run(plan), dict[str, Any]()
    try:
        with _sigterm_interrupts(), trial_stack(settings, folder, report=display.step) as own:
            asyncio.run(try_sender(own, folder, run, display))
    except KeyboardInterrupt:
        run.end_early("The run was stopped by SIGTERM or SIGINT.")
    except KprError as error:
        run.end_early(error.message)
        raise
    except BaseException as cause:
        run.end_early(f"The run failed: {place_of(cause)}.")
        raise
    finally:
        found |= run.report()
        display.written(write_report(found, report_folder))
    return found


@contextmanager
def _sigterm_interrupts() -> Iterator[None]:
    """Let SIGTERM do what SIGINT does: outside asyncio and in it, whose runner has a handler."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        usual = signal.getsignal(signal.SIGINT)
        (usual if callable(usual) else signal.default_int_handler)(number, frame)

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


async def try_sender(settings: Settings, folder: Path, run: Run, display: TrialDisplay) -> None:
    """Run on the stack that ``settings`` name; ``run`` has the results, also after an error."""
    plan, vendor = run.plan, VendorFolder(folder / "vendor")
    receiver = TrialReceiver(settings, plan.system, vendor)
    sender = SenderUnderTest(
        system=plan.system,
        folder=folder,
        vendor=vendor,
        command=plan.command,
        resend_after_s=plan.resend_after_s,
    )
    run.trial = trial = Trial(receiver, sender, plan.patience_s)
    receiving = asyncio.create_task(receiver.run())
    running = asyncio.create_task(_steps(trial, plan, display))
    try:
        await asyncio.wait({receiving, running}, return_when=asyncio.FIRST_COMPLETED)
        if receiving.done():
            receiving.result()  # raises: a receiver does not end by itself
        await running
        run.ended_early = None
    finally:
        sender.stop()
        for task in (running, receiving):
            task.cancel()
        await asyncio.gather(running, receiving, return_exceptions=True)


async def _steps(trial: Trial, plan: Plan, display: TrialDisplay) -> None:
    await trial.receiver.ready.wait()
    if not trial.sender.is_ours:
        display.by_hand(read_environment(trial.sender))
    for step in plan.steps:
        # Each step has a sender: the one before may have ended by itself.
        trial.sender.start()
        display.step((step.__doc__ or step.__name__).strip().splitlines()[0])
        await step(trial)
        trial.end_step(trial.sender.ended())


def write_report(report: dict[str, Any], folder: Path) -> tuple[Path, Path]:
    """Write both forms of the report, and return their paths."""
    make_folder(folder)
    as_json, as_html = folder / REPORT_JSON, folder / REPORT_HTML
    write_text(as_json, json.dumps(report, indent=1, ensure_ascii=False) + "\n", READABLE)
    write_text(as_html, page_of(report), READABLE)
    return as_json, as_html
