"""Switch off each protection in turn: the checker must report it, or the faults test nothing.

``python -m tests.faults.mutations.switch_off [NAME ...]`` runs the scenario that needs a
protection, once with and once without it. Verdicts go to ``bench/results/switched_off.json``,
shown by docs/operate/proofs-protections.md; verdicts of protections that are not named stay.
Exit 1 unless the checker reports every protection that has no second one behind it, and nothing
while all are on.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from tests.faults.harness.breakpoints import Action
from tests.faults.harness.check import Findings
from tests.faults.harness.cluster import Stack, wait_until
from tests.faults.harness.plan import LARGE_ITEMS
from tests.faults.scenarios.faults import OVERSIZED_BYTES, report
from tests.faults.scenarios.scenario import Scenario, check_scenario, running_scenario
from tools.proofs_page import SWITCHED_OFF

ENOUGH: Final = 30
NOT_ANSWERED_S: Final = 15.0
"""How long to wait for answers. Without a protection some records may never be answered."""

Steps = Callable[[Stack, Scenario], Awaitable[None]]
"""What a scenario does once its workers serve."""


async def steady(_: Stack, scenario: Scenario) -> None:
    """Send corrections, deletions and repeats, and disturb nothing."""
    for _round in range(ENOUGH):
        await scenario.send_everywhere()
    await scenario.answered(within_s=60)


async def hand_over(_: Stack, scenario: Scenario) -> None:
    """Let a worker leave, another serve its lanes, and the first one take lanes back."""
    first = scenario.cluster.workers["a"]
    for _round in range(3):
        scenario.cluster.leave("a")
        await wait_until(lambda: not first.alive)
        await scenario.send_everywhere()
        await scenario.answered(within_s=60)
        await scenario.cluster.join("a")
        # A kill does not show this: the worker can be back before another has its lanes.
        await scenario.send_until_hit("a", "1", Action.PASS)
        await scenario.send_everywhere()
        await scenario.answered(within_s=NOT_ANSWERED_S)


async def oversized(stack: Stack, scenario: Scenario) -> None:
    """Let the broker refuse one output for a while."""
    stack.limit_batches(OVERSIZED_BYTES)
    unit = scenario.units_of(3)[0]
    await scenario.driver.send_planned(scenario.driver.load.large(unit, LARGE_ITEMS))
    await scenario.driver.confirmed()
    await scenario.answered(3, within_s=5)
    stack.limit_batches()
    # Sooner than the watchdog would restart a stalled lane.
    await scenario.answered(within_s=30)


async def zombie(_: Stack, scenario: Scenario) -> None:
    """Freeze a worker before its commit, and resume it after another has redone its work."""
    for _round in range(3):
        hit = await scenario.send_until_hit("a", "6", Action.STOP)
        await scenario.send_to(hit.lane, 2)
        await scenario.answered(hit.lane)
        scenario.cluster.thaw("a")
        await scenario.send_everywhere()
        await scenario.answered(within_s=60)


async def late_commit(_: Stack, scenario: Scenario) -> None:
    """Let a frozen worker commit after the next owner got its offsets but before its fence."""
    for _round in range(3):
        # Alone: fencing another of its lanes would end the worker before it commits this one.
        hit = await scenario.send_until_hit("a", "6", Action.STOP, alone=True)
        await scenario.set_breakpoint("b", "before-fence", Action.STALL, hit.lane)()
        # Kill the worker before it can join again, or the next owner would read offsets again.
        committed = scenario.set_breakpoint("a", "7", Action.KILL)
        scenario.cluster.thaw("a")
        await committed()
        await scenario.send_to(hit.lane)
        scenario.cluster.breakpoints.release("b")
        await scenario.answered(hit.lane, within_s=60)
        await wait_until(lambda: scenario.cluster.workers["a"].alive)


async def killed_half_way(_: Stack, scenario: Scenario) -> None:
    """Kill a worker when a part of its outputs is on the topics."""
    for _round in range(4):
        await scenario.send_until_hit("a", "4", Action.KILL)
        await scenario.send_everywhere()
        await scenario.answered(within_s=NOT_ANSWERED_S)


@dataclass(frozen=True, slots=True)
class Trial:
    """A protection and the scenario that needs it. ``second``: another protection backs it up."""

    protection: str
    what: str
    steps: Steps
    second: bool = False


TRIALS: Final = (
    Trial("ledger", "what is known of consultations and appointments", steady),
    Trial("catch-up", "reading the outputs before a lane opens", hand_over),
    Trial("futures", "awaiting every record before the commit", oversized),
    Trial("new producer", "after an abort, instead of the one that failed", oversized),
    Trial("fencing", "one transactional id a lane", zombie),
    Trial("offsets", "where a lane resumes, read after the fence", late_commit),
    Trial("committed", "the group's offsets; the ledger knows them too", late_commit, second=True),
    Trial("transaction", "records and offsets in one transaction", killed_half_way),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The checker's verdict on one scenario."""

    protection: str
    what: str
    switched_off: bool
    items: int
    lost: int
    duplicated: int
    unbalanced_units: int

    @property
    def clean(self) -> bool:
        """Return whether the checker reported nothing."""
        return not (self.lost or self.duplicated or self.unbalanced_units)


async def run_trial(stack: Stack, trial: Trial, folder: Path, *, off: bool) -> Verdict:
    """Run a trial with its protection switched off, or with everything on."""
    name = trial.protection if off else ""
    async with running_scenario(stack, folder, "a", "b", switched_off=name) as scenario:
        await trial.steps(stack, scenario)
    found: Findings = await check_scenario(stack, scenario)
    for line in found.messages[:3]:
        report(line)
    return Verdict(
        protection=trial.protection,
        what=trial.what,
        switched_off=off,
        items=found.items,
        lost=found.lost,
        duplicated=found.duplicated,
        unbalanced_units=len(found.units),
    )


def is_expected(trial: Trial, verdict: Verdict) -> bool:
    """Return whether the checker reported a lone protection that was off, and nothing else."""
    return verdict.clean == (trial.second or not verdict.switched_off)


@asynccontextmanager
async def own_stack(folder: Path) -> AsyncIterator[Stack]:
    """Run a stack for the length of the block."""
    stack = Stack(folder / "stack")
    await stack.start()
    try:
        yield stack
    finally:
        await stack.stop()


async def _run(names: list[str], folder: Path) -> bool:
    good = True
    async with own_stack(folder) as stack:
        for trial in TRIALS:
            if names and trial.protection not in names:
                continue
            for off in (False, True):
                where = folder / f"{trial.protection}-{'off' if off else 'on'}"
                verdict = await run_trial(stack, trial, where, off=off)
                report(f"{trial.protection} {'off' if off else 'on'}: {asdict(verdict)}")
                good = good and is_expected(trial, verdict)
                store_verdict(verdict)
    return good


def store_verdict(verdict: Verdict) -> None:
    """Store a verdict in the results file, in place of the last one of the same trial."""
    known = json.loads(SWITCHED_OFF.read_text("utf-8")) if SWITCHED_OFF.exists() else []
    verdicts = {(v["protection"], v["switched_off"]): v for v in known}
    verdicts[verdict.protection, verdict.switched_off] = asdict(verdict)
    order = [(trial.protection, off) for trial in TRIALS for off in (False, True)]
    rows = [verdicts[trial] for trial in order if trial in verdicts]
    SWITCHED_OFF.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


def main() -> int:
    """Run from the command line."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="kpr-off-", ignore_cleanup_errors=True) as folder:
        good = asyncio.run(_run(sys.argv[1:], Path(folder)))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
