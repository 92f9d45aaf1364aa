"""Fill the database with a nation as the sinks do, without Kafka, and refresh the views."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from kpr_stream.analytics.refresh import Exclusion, Refreshed, refresh
from kpr_stream.database.load_reference import load_into_database
from kpr_stream.keys.pseudonym import Pseudonyms
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.person_id import IdKind
from kpr_stream.reference import Reference, load_reference
from kpr_stream.settings import Settings
from kpr_stream.sinks.batch import write_of
from kpr_stream.sinks.position import Position, step
from kpr_stream.sinks.store import SinkStore
from kpr_stream.sinks.tables import SinkKind, SinkTable, sink
from tests.end_to_end import truth
from tests.support.receiver import Receiver, keys
from tests.support.sink_records import OURS, Incoming
from tests.support.stored_database import sink_store

BATCH = 5_000
LANE = 0
_EARLY = datetime(2026, 1, 1, tzinfo=UTC)


async def fill(settings: Settings, receiver: Receiver, part: int, parts: int) -> None:
    """Write one part of what lies on each mirrored topic."""
    for kind in SinkKind:
        async with sink_store(settings, kind) as store:
            for table in sink(kind).tables:
                log = receiver.log[table.topic]
                cut = [len(log) * n // parts for n in (part, part + 1)]
                await _write(store, table, log[cut[0] : cut[1]], cut[0])


async def _write(
    store: SinkStore, table: SinkTable, log: Sequence[OutputRecord], first: int
) -> None:
    position = (await store.positions()).get((table.topic, LANE))
    if position is None:
        start = Position(next_offset=first, epoch=1, rebuild_until=None, noted_at=_EARLY)
        await store.place(table.topic, LANE, start)
        position = (await store.positions())[table.topic, LANE]
    for at in range(0, len(log), BATCH):
        records = [
            Incoming(LANE, first + at + n, one.key, one.value, OURS)
            for n, one in enumerate(log[at : at + BATCH])
        ]
        move = step(table.topic, LANE, position, records[-1].offset + 1)
        await store.write([write_of(table, records, {LANE: position.epoch})], [move])
        position = (await store.positions())[table.topic, LANE]


def exclusions_of(out: Path) -> list[Exclusion]:
    """All reservations of a nation, under each number of their person."""
    return [*_exclusions(out, keys().pseudonyms)]


def _exclusions(out: Path, pseudonyms: Pseudonyms) -> Iterator[Exclusion]:
    for row in truth.table(out, "reservations").iter_rows(named=True):
        until = None if row["revoked"] is None else _day(row["revoked"])
        for kind in (IdKind.FNR, IdKind.DNR, IdKind.DUF):
            if row[kind.value] is None:
                continue
            number = row[kind.value].zfill(12 if kind is IdKind.DUF else 11)
            key = UUID(bytes=pseudonyms.person_key(kind, number))
            for one in row["kinds"].split(","):
                yield Exclusion(key, one, _day(row["from"]), until)


def _day(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=number)


def refreshed(
    settings: Settings, as_of: date, reference: Reference | None = None, **more: object
) -> Refreshed:
    """Refresh, outside an event loop."""
    known = reference or load_reference()
    return asyncio.run(refresh(settings, known, as_of=as_of, **more))  # type: ignore[arg-type]


async def load(settings: Settings) -> None:
    """Load the shipped reference data."""
    await load_into_database(settings, load_reference())
