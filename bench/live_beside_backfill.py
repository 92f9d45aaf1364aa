"""Time from delivery to receipt of one system's small deliveries, alone and beside the backlog of
the other three. Prints one JSON object; the first figures are the same load without a backlog.

Run: python -m bench.live_beside_backfill [workers] [backlog deliveries of 5,000 items]
[live deliveries a second]. A pace that the machine cannot keep without a backlog tells nothing.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from time import monotonic
from typing import Final

from kpr_stream.model.topics import PARTITIONS
from kpr_stream.model.words import SYSTEMS
from kpr_stream.settings import Settings
from tests.deliveries import consultation, container
from tests.integration.at_work import AtWork, Place, at_work, peak_bytes, units_of_lane
from tests.stack import one_stack

LIVE, *BACKLOG = SYSTEMS
LIVE_ITEMS: Final = 10
BACKLOG_ITEMS: Final = 1000
ALONE: Final = 100
"""Live deliveries without a backlog."""


class Live:
    """Small deliveries at a steady pace, each unit in order, over all lanes."""

    def __init__(self, work: AtWork, a_second: int) -> None:
        self._work, self._a_second = work, a_second
        self._units = cycle(units_of_lane(lane, 1)[0] for lane in range(PARTITIONS))
        self._sent = 0
        self.late = 0.0

    async def one(self) -> Place:
        """Send the next."""
        first = self._sent * LIVE_ITEMS
        record = self._work.vendors.delivery(
            [consultation(first + n) for n in range(LIVE_ITEMS)],
            system=LIVE,
            org_nr=next(self._units),
            sequence=self._sent // PARTITIONS + 1,
        )
        self._sent += 1
        return (await self._work.vendors.send(record))[0]

    async def until(self, done: Callable[[], bool], at_least: int = 0) -> list[Place]:
        """Send at the pace until ``done``."""
        places = []
        began = monotonic()
        while len(places) < at_least or not done():
            due = began + len(places) / self._a_second
            await asyncio.sleep(max(0.0, due - monotonic()))
            self.late = max(self.late, monotonic() - due)
            places.append(await self.one())
        return places


def percentiles(work: AtWork, places: list[Place]) -> dict[str, float]:
    """In milliseconds."""
    taken = sorted(work.receipts.at[p] - work.vendors.sent[p] for p in places)
    at = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    return {
        name: round(1000 * taken[min(len(taken) - 1, int(share * len(taken)))], 1)
        for name, share in at.items()
    }


async def measure(
    settings: Settings, folder: Path, workers: int, deliveries: int, a_second: int
) -> None:
    """One run."""
    payload = container([consultation(n) for n in range(BACKLOG_ITEMS)])
    units = [
        u
        for n in zip(*(units_of_lane(i, deliveries) for i in range(PARTITIONS)), strict=True)
        for u in n
    ]
    wanted = islice(((s, u) for u in units for s in BACKLOG), deliveries)
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
    print(
        json.dumps(
            {
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
        )
    )


def main() -> None:
    """A stack of its own, for this run."""
    given = [int(argument) for argument in sys.argv[1:]]
    workers, deliveries, a_second = (*given, *(1, 72, 20)[len(given) :])
    with tempfile.TemporaryDirectory() as folder, one_stack(Path(folder)) as settings:
        asyncio.run(measure(settings, Path(folder), workers, deliveries, a_second))


if __name__ == "__main__":
    main()
