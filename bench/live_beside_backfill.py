"""Measure the time to a receipt of one system's small deliveries, alone and beside a backlog.

    python -m bench.live_beside_backfill [--workers 1] [--backlog 240] [--pace 20]

The other three systems have the backlog: ``--backlog`` deliveries of 1,000 items. ``--pace`` is in
live deliveries a second. The first figures are the same load without a backlog. If the machine
cannot keep the pace even then, the other figures mean nothing.
Goal: p99 at most 2 s beside the backlog. Figures go to bench/results/live_beside_backfill.json.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Callable
from itertools import chain, count, cycle, islice
from pathlib import Path
from time import monotonic
from typing import Any, Final

from bench.machine import machine
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.model.words import SYSTEMS
from kpr_stream.settings import Settings
from tests.integration.at_work import AtWork, DeliveryPosition, at_work, peak_bytes, units_of_lane
from tests.support.deliveries import consultation, container
from tests.support.stack import one_stack

LIVE, *BACKLOG = SYSTEMS
LIVE_ITEMS: Final = 10
BACKLOG_ITEMS: Final = 1000
ALONE: Final = 100
"""Live deliveries without a backlog."""
MOST_S: Final = 120
"""Live deliveries are made beforehand for this time, because making them takes CPU. A run that
takes longer makes the others as it needs them."""
GOAL_P99_MS: Final = 2000
RESULTS: Final = Path(__file__).parent / "results" / "live_beside_backfill.json"


class Live:
    """Sends small deliveries at a steady pace over all lanes, each unit in order."""

    def __init__(self, work: AtWork, a_second: int) -> None:
        self._work, self._a_second = work, a_second
        units = cycle(units_of_lane(lane, 1)[0] for lane in range(PARTITIONS))
        ready = [self._made(number, next(units)) for number in range(ALONE + MOST_S * a_second)]
        # A slow machine needs more: made while it measures, they cost it CPU time.
        self._ready = chain(ready, (self._made(n, next(units)) for n in count(len(ready))))
        self.late = 0.0

    def _made(self, number: int, unit: str) -> SourceRecord:
        items = [consultation(number * LIVE_ITEMS + n) for n in range(LIVE_ITEMS)]
        return self._work.vendors.delivery(
            items, system=LIVE, org_nr=unit, sequence=number // PARTITIONS + 1
        )

    async def one(self) -> DeliveryPosition:
        """Send the next delivery."""
        return (await self._work.vendors.send(next(self._ready)))[0]

    async def until(self, done: Callable[[], bool], at_least: int = 0) -> list[DeliveryPosition]:
        """Send at the pace until ``done`` returns true."""
        places: list[DeliveryPosition] = []
        began = monotonic()
        while len(places) < at_least or not done():
            due = began + len(places) / self._a_second
            await asyncio.sleep(max(0.0, due - monotonic()))
            self.late = max(self.late, monotonic() - due)
            places.append(await self.one())
        return places


def percentiles(work: AtWork, places: list[DeliveryPosition]) -> dict[str, float]:
    """Return percentiles of the time to a receipt, in milliseconds."""
    taken = sorted(work.receipts.at[p] - work.vendors.sent[p] for p in places)
    at = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    return {
        name: round(1000 * taken[min(len(taken) - 1, int(share * len(taken)))], 1)
        for name, share in at.items()
    }


async def measure(
    settings: Settings, folder: Path, workers: int, deliveries: int, a_second: int
) -> dict[str, Any]:
    """Measure one run."""
    machine_then = machine()
    payload = container([consultation(n) for n in range(BACKLOG_ITEMS)])
    # Each unit has one system, and no unit of the backlog is also live.
    lanes = (units_of_lane(i, 1 + deliveries // PARTITIONS + 1)[1:] for i in range(PARTITIONS))
    units = [unit for units in zip(*lanes, strict=True) for unit in units]
    wanted = islice(zip(cycle(BACKLOG), units, strict=False), deliveries)
    async with at_work(settings, folder, group="kpr-hst-live", workers=workers) as work:
        backlog = [
            work.vendors.delivery(range(BACKLOG_ITEMS), payload=payload, system=system, org_nr=unit)
            for system, unit in wanted
        ]
        live = Live(work, a_second)
        alone = await live.until(lambda: True, ALONE)
        await work.receipts.of(*alone)
        began = monotonic()
        places = await work.vendors.send(*backlog)
        beside = await live.until(lambda: all(p in work.receipts.at for p in places))
        ended = max(work.receipts.at[p] for p in places)
        await work.receipts.of(*beside)
        peaks = [peak_bytes(worker.process.pid) for worker in work.workers]
        processed = sum(a[0]["status"] == "processed" for a in work.receipts.answers.values())
    return {
        **machine_then,
        "workers": workers,
        "live_deliveries_a_second": a_second,
        "live_alone_ms": percentiles(work, alone),
        "live_beside_ms": percentiles(work, beside),
        "live_deliveries": len(beside),
        "backlog_items": deliveries * BACKLOG_ITEMS,
        "backlog_delivery_bytes": len(backlog[0].value or b""),
        "backlog_items_a_second": round(deliveries * BACKLOG_ITEMS / (ended - began)),
        "all_processed": processed == len(alone) + len(places) + len(beside),
        "worker_peak_mb": [round(peak / 1e6) for peak in peaks],
        "pace_kept_within_ms": round(1000 * live.late),
    }


def main() -> None:
    """Measure on a stack of its own. Exit code 1 if the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--backlog", type=int, default=240)
    parser.add_argument("--pace", type=int, default=20)
    parser.add_argument("--dry", action="store_true", help="write no results file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, one_stack(Path(folder)) as settings:
        found = asyncio.run(
            measure(settings, Path(folder), options.workers, options.backlog, options.pace)
        )
    if not options.dry:
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print(json.dumps(found))
    sys.exit(found["live_beside_ms"]["p99"] > GOAL_P99_MS or not found["all_processed"])


if __name__ == "__main__":
    main()
