"""Measure the real processes on the embedded stack, with encryption and authorisation.

There are five measurements: the worker alone over filled topics, the sink alone over the worker's
outputs, both at once, the plain loop, and small deliveries at a steady pace.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from time import monotonic, process_time
from typing import Any, Final

import asyncpg
import psutil

from bench.visits import visits
from kpr_stream.database.access import postgres_dsn
from kpr_stream.database.migrate import SCHEMAS, migrate
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.model.words import SYSTEMS
from kpr_stream.settings import Settings
from kpr_stream.sinks.run import run_sink
from kpr_stream.sinks.tables import SinkKind
from tests.integration.at_work import Vendors, at_work, units_of_lane
from tests.support.repository import ROOT
from tests.support.stack import fresh_topics

LIMIT_S: Final = 120.0
POLL_S: Final = 0.02
LIVE_ITEMS: Final = 10
LIVE_A_SECOND: Final = 50
LIVE_DELIVERIES: Final = 600

_numbers = count(1)


@dataclass(frozen=True)
class Load:
    """Deliveries over all lanes and systems, where each unit keeps its system."""

    deliveries: int
    each: int

    @property
    def items(self) -> int:
        """Return the number of consultations, all of them new."""
        return self.deliveries * self.each

    async def send(self, settings: Settings) -> None:
        """Recreate the topics and fill them."""
        fresh_topics(settings)
        vendors = Vendors(settings)
        await vendors.start()
        try:
            await vendors.send(*self._records(vendors))
        finally:
            await vendors.stop()

    def _records(self, vendors: Vendors) -> list[SourceRecord]:
        lanes = [units_of_lane(lane, len(SYSTEMS)) for lane in range(PARTITIONS)]
        places = [(units[n], system) for n, system in enumerate(SYSTEMS) for units in lanes]
        return [
            vendors.delivery(
                visits(self.each, n * self.each),
                org_nr=places[n % len(places)][0],
                system=places[n % len(places)][1],
                sequence=n // len(places) + 1,
            )
            for n in range(self.deliveries)
        ]


async def worker_alone(settings: Settings, folder: Path, load: Load) -> dict[str, float]:
    """Measure one worker, and fill the topics that the sink reads next."""
    await load.send(settings)
    async with _worker(settings, folder) as work:
        process = psutil.Process(work.workers[0].process.pid)
        began, spent = monotonic(), _cpu(process)
        await _until(lambda: len(work.receipts.at) >= load.deliveries)
        seconds = max(work.receipts.at.values()) - began
        return {
            "items_a_second": load.items / seconds,
            "cpu_microseconds_an_item": 1e6 * (_cpu(process) - spent) / load.items,
            "peak_mb": _peak_mb(process),
        }


async def sink_alone(settings: Settings, load: Load) -> dict[str, float]:
    """Measure the content sink over the records on the topics."""
    await fresh_database(settings)
    began, spent = monotonic(), process_time()
    await run_sink(settings, SinkKind.CONTENT, until_caught_up=True)
    seconds, cpu = monotonic() - began, process_time() - spent
    database = await asyncpg.connect(postgres_dsn(settings, "content_sink").get_secret_value())
    try:
        _check(await database.fetchval("SELECT count(*) FROM content.consultation"), load.items)
    finally:
        await database.close()
    return {
        "rows_a_second": load.items / seconds,
        "cpu_microseconds_a_row": 1e6 * cpu / load.items,
    }


async def both(settings: Settings, folder: Path, load: Load) -> dict[str, float]:
    """Measure items a second from delivery to row, with one worker and one sink at once."""
    await fresh_database(settings)
    await load.send(settings)
    async with _process("kpr_stream", "sink", "content", home=settings.home):
        database = await asyncpg.connect(postgres_dsn(settings, "content_sink").get_secret_value())
        try:
            async with _worker(settings, folder):
                began = monotonic()
                await _rows(database, load.items)
                return {"items_a_second": load.items / (monotonic() - began)}
        finally:
            await database.close()


async def plain(settings: Settings, load: Load) -> dict[str, float]:
    """Measure the loop without guarantees over the same records."""
    await load.send(settings)
    async with _process(
        "bench.plain_loop", str(load.deliveries), home=settings.home, read=True
    ) as process:
        output, _ = await asyncio.wait_for(process.communicate(), LIMIT_S)
    found = json.loads(output)
    _check(found["items"], load.items)
    return {
        "items_a_second": load.items / found["seconds"],
        "cpu_microseconds_an_item": 1e6 * found["cpu_seconds"] / load.items,
    }


async def live(settings: Settings, folder: Path) -> dict[str, float]:
    """Measure milliseconds from delivery to receipt at a steady pace, without other load."""
    fresh_topics(settings)
    units = [units_of_lane(lane, 1)[0] for lane in range(PARTITIONS)]
    async with _worker(settings, folder) as work:
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
        taken = sorted(1000 * (work.receipts.at[p] - work.vendors.sent[p]) for p in places)
    return {
        f"p{percent}_ms": taken[min(len(taken) - 1, len(taken) * percent // 100)]
        for percent in (50, 99)
    }


def _worker(settings: Settings, folder: Path) -> Any:  # noqa: ANN401 - a context of at_work
    number = next(_numbers)
    own = folder / str(number)
    own.mkdir()
    return at_work(settings, own, group=f"kpr-hst-bench-{number}")


@asynccontextmanager
async def _process(
    module: str, *arguments: str, home: Path, read: bool = False
) -> AsyncIterator[asyncio.subprocess.Process]:
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


async def _rows(database: asyncpg.Connection, wanted: int) -> None:
    async def there() -> int:
        found: int = await database.fetchval("SELECT count(*) FROM content.consultation")
        return found

    limit = monotonic() + LIMIT_S
    while await there() < wanted:
        if monotonic() > limit:
            raise SystemExit(f"{await there()} of {wanted} rows after {LIMIT_S:.0f} s")
        await asyncio.sleep(0.2)


async def _until(ask: Callable[[], bool]) -> None:
    limit = monotonic() + LIMIT_S
    while not ask():
        if monotonic() > limit:
            raise SystemExit(f"not done after {LIMIT_S:.0f} s")
        await asyncio.sleep(POLL_S)


def _check(found: int, wanted: int) -> None:
    if found != wanted:
        raise SystemExit(f"{found} instead of {wanted}")


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _peak_mb(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 1e6


Step = Callable[[], Coroutine[None, None, dict[str, float]]]


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
