"""``make faults``: random faults on three workers and two sinks, then the checkers. One JSON line.

``python -m tests.faults.run --seed 1 --faults 30 --minutes 15``; exit 1 unless everything is 0.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

from kpr_stream.database.migrate import migrate
from kpr_stream.home import KEYRING_FILE
from kpr_stream.sinks.verify import TopicResult
from tests.faults.harness.breakpoints import Action
from tests.faults.harness.check import READ, TOLD, Findings, Written, check, secret_of
from tests.faults.harness.cluster import Cluster, Stack
from tests.faults.harness.load import Driver
from tests.faults.harness.read import read_everything
from tests.faults.harness.sent_log import Sent, write_book
from tests.faults.harness.sink_checker import differences, until_mirrored
from tests.faults.scenarios.faults import COMMIT_STEPS, EXTRA, Disturber, say, schedule

WORKERS: Final = ("worker-1", "worker-2", "worker-3")
DELIVERIES_A_SECOND: Final = 20.0
ANSWERED_S: Final = 180.0
"""After the last fault everything must be answered within this."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run does."""

    seed: int
    faults: int
    minutes: float = 15.0
    steps: Sequence[int] = COMMIT_STEPS
    gap_s: tuple[float, float] = (1.0, 8.0)
    warm_up: int = 100
    """Deliveries before the first fault."""


@dataclass(slots=True)
class Result:
    """What a run found."""

    plan: Plan
    findings: Findings
    mirrored: list[TopicResult]
    """What ``sink verify`` says."""
    differences: list[str]
    """Rows that are not the last record of their key, by our own reading."""
    faults: Counter[str]
    steps_hit: Counter[int]
    answered: bool
    seconds: float
    ends: dict[str, dict[int, int]]
    sent: list[Sent] = field(repr=False)
    written: list[Written] = field(repr=False)
    secret: bytes = field(repr=False)

    @property
    def good(self) -> bool:
        """Zeros, with as many faults as planned, and a kill at every step."""
        enough = sum(self.faults.values()) >= self.plan.faults
        return (
            self.findings.clean
            and self.answered
            and self.rows_equal
            and enough
            and all(self.steps_hit[step] for step in self.plan.steps)
        )

    @property
    def rows_equal(self) -> bool:
        """Whether the database holds what the topics say, all of it and nothing else."""
        whole = all(r.equal and not r.behind for r in self.mirrored)
        return bool(self.mirrored) and whole and not self.differences

    def as_json(self) -> dict[str, Any]:
        """For one line."""
        return {
            "seed": self.plan.seed,
            "faults": sum(self.faults.values()),
            "items": self.findings.items,
            "lost": self.findings.lost,
            "duplicated": self.findings.duplicated,
            "unbalanced_units": len(self.findings.units),
            "steps_hit": {str(step): self.steps_hit[step] for step in COMMIT_STEPS},
            "kinds": dict(sorted(self.faults.items())),
            "deliveries": self.findings.deliveries,
            "all_answered": self.answered,
            "rows": sum(r.rows for r in self.mirrored),
            "rows_equal": self.rows_equal,
            "seconds": round(self.seconds),
        }


async def run(plan: Plan, folder: Path) -> Result:
    """Carry a plan out in a folder of its own."""
    began = time.monotonic()
    stack = Stack(folder / "stack")
    await stack.start()
    say("the stack runs")
    try:
        cluster = Cluster(stack, folder)
        driver = Driver(stack.settings, plan.seed)
        disturber = Disturber(cluster, driver, plan.seed)
        faults = schedule(Random(plan.seed), plan.faults, plan.steps)
        await migrate(stack.settings)
        async with driver.connected(), cluster.running(*WORKERS):
            await cluster.start_sinks()
            await driver.send(plan.warm_up)
            await driver.confirmed()
            await cluster.until_answered(driver.places(), ANSWERED_S)
            say("the workers serve")
            load = asyncio.create_task(driver.run(DELIVERIES_A_SECOND))
            with suppress(TimeoutError):
                async with asyncio.timeout(began + 60 * plan.minutes - time.monotonic()):
                    await disturber.run(faults, gap_s=plan.gap_s)
            load.cancel()
            await asyncio.wait({load})
            await _calm_down(cluster)
            await driver.confirmed()
            answered = await cluster.until_answered(driver.places(), ANSWERED_S)
            mirrored = await until_mirrored(stack.settings)
            say(f"all is answered: {answered}; processes ended {cluster.ends()}")
        steps_hit = Counter(
            int(hit.place)
            for hit in cluster.orders.hits()
            if hit.action is Action.KILL and hit.place.isdigit()
        )
        written = await asyncio.to_thread(read_everything, stack.access, READ)
        secret = secret_of(stack.settings.home / KEYRING_FILE)
        write_book(folder / "book.jsonl", driver.book)
        return Result(
            plan=plan,
            mirrored=mirrored,
            differences=await differences(stack.settings, written),
            findings=check(driver.book, written, secret),
            faults=disturber.done,
            steps_hit=steps_hit,
            answered=answered,
            seconds=time.monotonic() - began,
            ends=cluster.ends(),
            sent=driver.book,
            written=written,
            secret=secret,
        )
    finally:
        await stack.stop()


async def _calm_down(cluster: Cluster) -> None:
    """No fault lasts on: three workers, a good network, nobody frozen."""
    for sink in cluster.sinks.values():
        sink.proxy.heal()
        sink.thaw()
    for name, worker in cluster.workers.items():
        cluster.orders.withdraw(name)
        cluster.orders.free(name)
        worker.proxy.heal()
        cluster.thaw(name)
        if name in EXTRA:
            cluster.leave(name)
        else:
            await cluster.join(name)


def main() -> int:
    """Run from the command line."""
    words = argparse.ArgumentParser(prog="tests.faults.run", description=__doc__)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--faults", type=int, default=30)
    words.add_argument("--minutes", type=float, default=15.0)
    words.add_argument("--keep", type=Path, help="a new folder for logs, book and data")
    told = words.parse_args()
    # Clients tell every failed connection several times a second while the broker is down.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    plan = Plan(told.seed, told.faults, told.minutes)
    with tempfile.TemporaryDirectory(prefix="kpr-faults-", ignore_cleanup_errors=True) as folder:
        result = asyncio.run(run(plan, told.keep or Path(folder)))
    for line in (*result.findings.told, *result.differences[:TOLD]):
        say(line)
    sys.stdout.write(json.dumps(result.as_json()) + "\n")
    return 0 if result.good else 1


if __name__ == "__main__":
    sys.exit(main())
