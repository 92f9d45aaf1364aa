"""Measure the real processes on the embedded stack, with encryption and authorisation.

There are five measurements: the worker alone over filled topics, the sink alone over the worker's
outputs, both at once, the plain loop, and small deliveries at a steady pace.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from time import monotonic, process_time
from typing import Any, Final

import asyncpg

from bench.figures import Figures, Step, percentile
from bench.usage import cpu_seconds, peak_mb, tree
from bench.visits import visits
from kpr_stream.database.access import postgres_dsn
from kpr_stream.database.migrate import SCHEMAS, migrate
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.model.words import SYSTEMS, System
from kpr_stream.settings import Settings
from kpr_stream.sinks.run import run_sink
from kpr_stream.sinks.tables import SinkKind
from tests.integration.at_work import WORKER, AtWork, Vendors, at_work, units_of_lane
from tests.support.repository import ROOT
from tests.support.stack import fresh_topics

LIMIT_S: Final = 120.0
POLL_S: Final = 0.02
SENT_AT_ONCE: Final = 64
"""Deliveries that are made before they are sent: all of a load would take much memory."""
LIVE_ITEMS: Final = 10
LIVE_A_SECOND: Final = 50
LIVE_DELIVERIES: Final = 600

_numbers = count(1)


@dataclass(frozen=True)
class Load:
    """Deliveries over all lanes and systems, where each unit keeps its system."""

    deliveries: int
    each: int
    encrypted: bool = True

    @property
    def items(self) -> int:
        """Return the number of items."""
        return self.deliveries * self.each

    @property
    def first_sequence(self) -> int:
        """Return the sequence number of each unit's first delivery."""
        return 1

    def items_of(self, number: int) -> list[dict[str, Any]]:
        """Return the items of a delivery: consultations that no other delivery has."""
        return visits(self.each, number * self.each)

    async def send(self, settings: Settings) -> None:
        """Recreate the topics and fill them."""
        fresh_topics(settings)
        vendors = Vendors(settings)
        await vendors.start()
        try:
            await self.fill(vendors)
        finally:
            await vendors.stop()

    async def fill(self, vendors: Vendors) -> None:
        """Send all deliveries, some at a time."""
        numbers = range(self.deliveries)
        for first in numbers[::SENT_AT_ONCE]:
            some = numbers[first : first + SENT_AT_ONCE]
            await vendors.send(*(self._record(vendors, number) for number in some))

    def _record(self, vendors: Vendors, number: int) -> SourceRecord:
        org_nr, system = places()[number % len(places())]
        return vendors.delivery(
            self.items_of(number),
            org_nr=org_nr,
            system=system,
            sequence=number // len(places()) + self.first_sequence,
            encrypted=self.encrypted,
        )


@cache
def places() -> list[tuple[str, System]]:
    """Return units with their systems: four of each lane."""
    lanes = [units_of_lane(lane, len(SYSTEMS)) for lane in range(PARTITIONS)]
    return [(units[n], system) for n, system in enumerate(SYSTEMS) for units in lanes]


async def worker_alone(settings: Settings, folder: Path, load: Load) -> Figures:
    """Measure one worker, and fill the topics that the sink reads next."""
    await load.send(settings)
    async with worker(settings, folder) as work:
        return await answering(work, load)


async def answering(work: AtWork, load: Load) -> Figures:
    """Measure workers that serve until they have answered every delivery of a load."""
    own, done = tree(work.workers[0].process.pid), len(work.receipts.at)
    began, spent = monotonic(), cpu_seconds(own)
    await until(lambda: len(work.receipts.at) >= load.deliveries)
    seconds = max(work.receipts.at.values()) - began
    left = load.items - done * load.each
    return {
        "items_a_second": left / seconds,
        "cpu_microseconds_an_item": 1e6 * (cpu_seconds(own) - spent) / left,
        "peak_mb": peak_mb(own),
    }


async def sink_alone(settings: Settings, load: Load) -> Figures:
    """Measure the content sink over the records on the topics."""
    await fresh_database(settings)
    began, spent = monotonic(), process_time()
    await run_sink(settings, SinkKind.CONTENT, until_caught_up=True)
    seconds, cpu = monotonic() - began, process_time() - spent
    database = await asyncpg.connect(postgres_dsn(settings, "content_sink").get_secret_value())
    try:
        _check(await count_rows(database), load.items)
    finally:
        await database.close()
    return {
        "rows_a_second": load.items / seconds,
        "cpu_microseconds_a_row": 1e6 * cpu / load.items,
    }


async def both(settings: Settings, folder: Path, load: Load) -> Figures:
    """Measure items a second from delivery to row, with one worker and one sink at once."""
    await fresh_database(settings)
    await load.send(settings)
    async with running("kpr_stream", "sink", "content", home=settings.home):
        database = await asyncpg.connect(postgres_dsn(settings, "content_sink").get_secret_value())
        try:
            async with worker(settings, folder):
                began = monotonic()
                await wait_for_rows(database, load.items)
                return {"items_a_second": load.items / (monotonic() - began)}
        finally:
            await database.close()


async def plain(settings: Settings, load: Load) -> Figures:
    """Measure the loop without guarantees over the same records."""
    await load.send(settings)
    async with running(
        "bench.plain_loop", str(load.deliveries), home=settings.home, read=True
    ) as process:
        output, _ = await asyncio.wait_for(process.communicate(), LIMIT_S)
    found = json.loads(output)
    _check(found["items"], load.items)
    return {
        "items_a_second": load.items / found["seconds"],
        "cpu_microseconds_an_item": 1e6 * found["cpu_seconds"] / load.items,
    }


async def live(settings: Settings, folder: Path) -> Figures:
    """Measure milliseconds from delivery to receipt at a steady pace, without other load."""
    fresh_topics(settings)
    units = [units_of_lane(lane, 1)[0] for lane in range(PARTITIONS)]
    async with worker(settings, folder) as work:
        records = [
            work.vendors.delivery(
                visits(LIVE_ITEMS, n * LIVE_ITEMS),
                org_nr=units[n % PARTITIONS],
                sequence=n // PARTITIONS + 1,
            )
            for n in range(LIVE_DELIVERIES)
        ]
        began = monotonic()
        sent = []
        for n, record in enumerate(records):
            await asyncio.sleep(max(0.0, began + n / LIVE_A_SECOND - monotonic()))
            sent.append(asyncio.ensure_future(work.vendors.send(record)))
        places = [place for places in await asyncio.gather(*sent) for place in places]
        await work.receipts.of(*places)
        taken = [1000 * (work.receipts.at[p] - work.vendors.sent[p]) for p in places]
    return {f"p{percent}_ms": percentile(taken, percent) for percent in (50, 99)}


def worker(
    settings: Settings, folder: Path, command: Sequence[str] = WORKER, **environment: str
) -> AbstractAsyncContextManager[AtWork]:
    """Run a worker of a group of its own, with its ledgers in a folder of its own."""
    number = next(_numbers)
    own = folder / str(number)
    own.mkdir()
    group = f"kpr-hst-bench-{number}"
    return at_work(settings, own, group=group, workers=1, command=command, **environment)


@asynccontextmanager
async def running(
    module: str, *arguments: str, home: Path, read: bool = False
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a module as a process for the length of the block; ``read``: its output is a pipe."""
    process = await asyncio.create_subprocess_exec(
        *("/usr/bin/env", f"KPR_HOME={home}", sys.executable, "-m", module, *arguments),
        stdout=asyncio.subprocess.PIPE if read else asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=ROOT,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def fresh_database(settings: Settings) -> None:
    """Make the database empty, with the tables of this release."""
    owner = await asyncpg.connect(postgres_dsn(settings, "kpr_owner").get_secret_value())
    try:
        await owner.execute(f"DROP SCHEMA IF EXISTS {', '.join(SCHEMAS)} CASCADE")
    finally:
        await owner.close()
    await migrate(settings)


async def wait_for_rows(database: asyncpg.Connection, wanted: int) -> None:
    """Wait until the table of consultations has so many rows; SystemExit after the limit."""
    limit = monotonic() + LIMIT_S
    while (there := await count_rows(database)) < wanted:
        if monotonic() > limit:
            raise SystemExit(f"{there} of {wanted} rows after {LIMIT_S:.0f} s")
        await asyncio.sleep(0.2)


async def count_rows(database: asyncpg.Connection) -> int:
    """Return the number of consultations in the database."""
    found: int = await database.fetchval("SELECT count(*) FROM content.consultation")
    return found


async def until(ask: Callable[[], bool]) -> None:
    """Wait for a condition; SystemExit after the limit."""
    limit = monotonic() + LIMIT_S
    while not ask():
        if monotonic() > limit:
            raise SystemExit(f"not done after {LIMIT_S:.0f} s")
        await asyncio.sleep(POLL_S)


def _check(found: int, wanted: int) -> None:
    if found != wanted:
        raise SystemExit(f"{found} instead of {wanted}")


def steps(settings: Settings, folder: Path, large: Load, small: Load) -> Sequence[tuple[str, Step]]:
    """Return the steps of a round in order: the sink reads what the worker before has written."""
    return (
        ("plain_loop", lambda: plain(settings, large)),
        ("worker_small_deliveries", lambda: worker_alone(settings, folder, small)),
        ("worker", lambda: worker_alone(settings, folder, large)),
        ("sink", lambda: sink_alone(settings, large)),
        ("worker_and_sink", lambda: both(settings, folder, large)),
        ("live", lambda: live(settings, folder)),
    )
