"""Switching every protection off in turn: the checker must report each, or the faults test nothing.

``python -m tests.faults.mutations.switch_off [NAME ...]`` runs the scenario in which a protection
is needed, once with it and once without. Verdicts: ``bench/results/switched_off.json``, which
docs/operate/proofs-protections.md shows; those of protections that are not named stay as they are.
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
from tests.faults.harness.cluster import Stack, until
from tests.faults.harness.plan import LARGE_ITEMS
from tests.faults.scenarios.faults import OVERSIZED_BYTES, say
from tests.faults.scenarios.scenario import Scene, judge, play
from tools.proofs_page import SWITCHED_OFF

ENOUGH: Final = 30
NOT_ANSWERED_S: Final = 15.0
"""Without a protection some records may never be answered: waited for only so long."""

Play = Callable[[Stack, Scene], Awaitable[None]]


async def steady(_: Stack, scene: Scene) -> None:
    """Nothing goes wrong; corrections, deletions and the same again are among what is sent."""
    for _round in range(ENOUGH):
        await scene.send_everywhere()
    await scene.answered(within_s=60)


async def hand_over(_: Stack, scene: Scene) -> None:
    """A worker is killed, another takes its lanes over and gives them back."""
    for _round in range(3):
        scene.cluster.kill("a")
        await scene.send_everywhere()
        await scene.answered(within_s=NOT_ANSWERED_S)
        await until(lambda: scene.cluster.workers["a"].alive)
        await scene.send_everywhere()
        await scene.answered(within_s=NOT_ANSWERED_S)


async def oversized(stack: Stack, scene: Scene) -> None:
    """The broker refuses one output for a while."""
    stack.limit_batches(OVERSIZED_BYTES)
    unit = scene.units_of(3)[0]
    await scene.driver.send_planned(scene.driver.load.large(unit, LARGE_ITEMS))
    await scene.driver.confirmed()
    await scene.answered(3, within_s=5)
    stack.limit_batches()
    # Sooner than the watchdog would help a lane that stands.
    await scene.answered(within_s=30)


async def zombie(_: Stack, scene: Scene) -> None:
    """A worker freezes before its commit, and goes on when another has done the work again."""
    for _round in range(3):
        hit = await scene.come_to("a", "6", Action.STOP)
        await scene.send_to(hit.lane, 2)
        await scene.answered(hit.lane)
        scene.cluster.thaw("a")
        await scene.send_everywhere()
        await scene.answered(within_s=60)


async def late_commit(_: Stack, scene: Scene) -> None:
    """A frozen worker goes on and commits after the next owner was told where to begin, but
    before that owner's fence."""
    for _round in range(3):
        # Alone: fencing another of its lanes would end it before it can commit this one.
        hit = await scene.come_to("a", "6", Action.STOP, alone=True)
        await scene.expect("b", "before-fence", Action.STALL, hit.lane)()
        # Dead before it can join again, or the next owner would begin anew with another reading.
        committed = scene.expect("a", "7", Action.KILL)
        scene.cluster.thaw("a")
        await committed()
        await scene.send_to(hit.lane)
        scene.cluster.orders.let_go("b")
        await scene.answered(hit.lane, within_s=60)
        await until(lambda: scene.cluster.workers["a"].alive)


async def killed_half_way(_: Stack, scene: Scene) -> None:
    """A worker dies when a part of its outputs is on the topics."""
    for _round in range(4):
        await scene.come_to("a", "4", Action.KILL)
        await scene.send_everywhere()
        await scene.answered(within_s=NOT_ANSWERED_S)


@dataclass(frozen=True, slots=True)
class Trial:
    """A protection and the play in which it is needed. ``second``: another stands behind it."""

    protection: str
    what: str
    play: Play
    second: bool = False


TRIALS: Final = (
    Trial("ledger", "what is known of consultations and appointments", steady),
    Trial("catch-up", "reading the outputs before a lane opens", hand_over),
    Trial("futures", "awaiting every record before the commit", oversized),
    Trial("new producer", "after an abort, instead of the one that failed", oversized),
    Trial("fencing", "one transactional id a lane", zombie),
    Trial("offsets", "where a lane goes on, read after the fence", late_commit),
    Trial("committed", "the group's offsets; the ledger knows them too", late_commit, second=True),
    Trial("transaction", "records and offsets in one transaction", killed_half_way),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checker said of one play."""

    protection: str
    what: str
    switched_off: bool
    items: int
    lost: int
    duplicated: int
    unbalanced_units: int

    @property
    def clean(self) -> bool:
        """Whether it reported nothing."""
        return not (self.lost or self.duplicated or self.unbalanced_units)


async def try_it(stack: Stack, trial: Trial, folder: Path, *, off: bool) -> Verdict:
    """Play a trial with the protection switched off, or with everything on."""
    name = trial.protection if off else ""
    async with play(stack, folder, "a", "b", switched_off=name) as scene:
        await trial.play(stack, scene)
    found: Findings = await judge(stack, scene)
    for line in found.told[:3]:
        say(line)
    return Verdict(
        trial.protection,
        trial.what,
        off,
        found.items,
        found.lost,
        found.duplicated,
        len(found.units),
    )


def as_wanted(trial: Trial, verdict: Verdict) -> bool:
    """Reported if it is alone and off; nothing otherwise."""
    return verdict.clean == (trial.second or not verdict.switched_off)


@asynccontextmanager
async def own_stack(folder: Path) -> AsyncIterator[Stack]:
    """A stack for one run."""
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
                verdict = await try_it(stack, trial, where, off=off)
                say(f"{trial.protection} {'off' if off else 'on'}: {asdict(verdict)}")
                good = good and as_wanted(trial, verdict)
                keep(verdict)
    return good


def keep(verdict: Verdict) -> None:
    """Put it in the place of what the file says of the same play."""
    known = json.loads(SWITCHED_OFF.read_text("utf-8")) if SWITCHED_OFF.exists() else []
    said = {(v["protection"], v["switched_off"]): v for v in known}
    said[verdict.protection, verdict.switched_off] = asdict(verdict)
    order = [(trial.protection, off) for trial in TRIALS for off in (False, True)]
    rows = [said[place] for place in order if place in said]
    SWITCHED_OFF.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


def main() -> int:
    """Run from the command line."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="kpr-off-", ignore_cleanup_errors=True) as folder:
        good = asyncio.run(_run(sys.argv[1:], Path(folder)))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
