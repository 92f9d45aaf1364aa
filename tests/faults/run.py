"""Run random faults on three workers and two sinks, then check (``make faults``). One JSON line.

``python -m tests.faults.run --seed 1 --faults 30 --minutes 15``; exit 1 unless every count is 0.
With ``--columns alternate`` the workers decide their batches in columns and item by item in turn.
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
from kpr_stream.sinks.compare import TopicResult
from tests.faults.harness.breakpoints import Action
from tests.faults.harness.check import MAX_MESSAGES, READ, Findings, Written, check, secret_of
from tests.faults.harness.cluster import Cluster, Stack
from tests.faults.harness.columns import Columns, as_wanted
from tests.faults.harness.load import Driver
from tests.faults.harness.read import read_everything
from tests.faults.harness.sent_log import SentDelivery, write_sent_log
from tests.faults.harness.sink_checker import row_differences, wait_until_caught_up
from tests.faults.scenarios.faults import COMMIT_STEPS, EXTRA, FaultInjector, report, schedule

WORKERS: Final = ("worker-1", "worker-2", "worker-3")
DELIVERIES_A_SECOND: Final = 20.0
ANSWERED_S: Final = 180.0
"""The time in which everything must be answered after the last fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """What a run does."""

    seed: int
    faults: int
    minutes: float = 15.0
    steps: Sequence[int] = COMMIT_STEPS
    gap_s: tuple[float, float] = (1.0, 8.0)
    warm_up: int = 100
    """Deliveries before the first fault."""
    columns: Columns = Columns.ON


@dataclass(slots=True, kw_only=True)
class RunResult:
    """What a run found."""

    plan: RunPlan
    findings: Findings
    verified: list[TopicResult]
    """The results of ``sink verify``."""
    row_differences: list[str]
    """Rows that are not the last record of their key, by our own reading."""
    faults: Counter[str]
    steps_hit: Counter[int]
    batches: Counter[str]
    """What the workers noted of the batches that could be decided in columns."""
    answered: bool
    seconds: float
    exit_codes: dict[str, dict[int, int]]
    sent: list[SentDelivery] = field(repr=False)
    written: list[Written] = field(repr=False)
    secret: bytes = field(repr=False)

    @property
    def good(self) -> bool:
        """Return whether all counts are zero, after all planned faults and a kill at each step."""
        enough = sum(self.faults.values()) >= self.plan.faults
        return (
            self.findings.clean
            and self.answered
            and self.rows_equal
            and enough
            and as_wanted(self.plan.columns, self.batches)
            and all(self.steps_hit[step] for step in self.plan.steps)
        )

    @property
    def rows_equal(self) -> bool:
        """Return whether the database holds exactly what the topics say."""
        whole = all(r.equal and not r.behind for r in self.verified)
        return bool(self.verified) and whole and not self.row_differences

    def as_json(self) -> dict[str, Any]:
        """Return the result as one line of JSON."""
        return {
            "seed": self.plan.seed,
            "columns": self.plan.columns,
            "batches": dict(sorted(self.batches.items())),
            "faults": sum(self.faults.values()),
            "items": self.findings.items,
            "lost": self.findings.lost,
            "duplicated": self.findings.duplicated,
            "unbalanced_units": len(self.findings.units),
            "steps_hit": {str(step): self.steps_hit[step] for step in COMMIT_STEPS},
            "kinds": dict(sorted(self.faults.items())),
            "deliveries": self.findings.deliveries,
            "all_answered": self.answered,
            "rows": sum(r.rows for r in self.verified),
            "rows_equal": self.rows_equal,
            "seconds": round(self.seconds),
        }


async def run(plan: RunPlan, folder: Path) -> RunResult:
    """Carry out a plan in a folder of its own."""
    began = time.monotonic()
    stack = Stack(folder / "stack")
    await stack.start()
    report("the stack runs")
    try:
        cluster = Cluster(stack, folder, columns=plan.columns)
        driver = Driver(stack.settings, plan.seed)
        injector = FaultInjector(cluster, driver, plan.seed)
        faults = schedule(Random(plan.seed), plan.faults, plan.steps)
        await migrate(stack.settings)
        async with driver.connected(), cluster.running(*WORKERS):
            await cluster.start_sinks()
            await driver.send(plan.warm_up)
            await driver.confirmed()
            await cluster.wait_until_answered(driver.last_positions(), ANSWERED_S)
            report("the workers serve")
            load = asyncio.create_task(driver.run(DELIVERIES_A_SECOND))
            with suppress(TimeoutError):
                async with asyncio.timeout(began + 60 * plan.minutes - time.monotonic()):
                    await injector.run(faults, gap_s=plan.gap_s)
            load.cancel()
            await asyncio.wait({load})
            await _calm_down(cluster)
            await driver.confirmed()
            answered = await cluster.wait_until_answered(driver.last_positions(), ANSWERED_S)
            verified = await wait_until_caught_up(stack.settings)
            report(f"all answered: {answered}; exit codes {cluster.exit_codes()}")
        steps_hit = Counter(
            int(hit.place)
            for hit in cluster.breakpoints.hits()
            if hit.action is Action.KILL and hit.place.isdigit()
        )
        written = await asyncio.to_thread(read_everything, stack.access, READ)
        secret = secret_of(stack.settings.home / KEYRING_FILE)
        write_sent_log(folder / "sent_log.jsonl", driver.sent_log)
        return RunResult(
            plan=plan,
            verified=verified,
            row_differences=await row_differences(stack.settings, written),
            findings=check(driver.sent_log, written, secret),
            faults=injector.done,
            steps_hit=steps_hit,
            batches=cluster.column_notes.counted(),
            answered=answered,
            seconds=time.monotonic() - began,
            exit_codes=cluster.exit_codes(),
            sent=driver.sent_log,
            written=written,
            secret=secret,
        )
    finally:
        await stack.stop()


async def _calm_down(cluster: Cluster) -> None:
    """End every fault that still lasts: three workers, a good network, no frozen process."""
    for sink in cluster.sinks.values():
        sink.proxy.heal()
        sink.thaw()
    for name, worker in cluster.workers.items():
        cluster.breakpoints.clear(name)
        cluster.breakpoints.free_disk(name)
        worker.proxy.heal()
        cluster.thaw(name)
        if name in EXTRA:
            cluster.leave(name)
        else:
            await cluster.join(name)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="tests.faults.run", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--columns", type=Columns, choices=Columns, default=Columns.ON)
    parser.add_argument("--keep", type=Path, help="a new folder for logs, sent log and data")
    options = parser.parse_args()
    # While the broker is down, aiokafka logs every failed connection several times a second.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    plan = RunPlan(
        seed=options.seed,
        faults=options.faults,
        minutes=options.minutes,
        columns=options.columns,
    )
    with tempfile.TemporaryDirectory(prefix="kpr-faults-", ignore_cleanup_errors=True) as folder:
        result = asyncio.run(run(plan, options.keep or Path(folder)))
    for line in (*result.findings.messages, *result.row_differences[:MAX_MESSAGES]):
        report(line)
    sys.stdout.write(json.dumps(result.as_json()) + "\n")
    return 0 if result.good else 1


if __name__ == "__main__":
    sys.exit(main())
