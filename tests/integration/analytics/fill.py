"""Fill the database with a nation as the sinks do, without Kafka, and refresh the views."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from kpr_stream.analytics.refresh import Refreshed, refresh
from kpr_stream.database.load_reference import load_into_database
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.topics import RECEIPT_TOPICS
from kpr_stream.reference import Reference, load_reference
from kpr_stream.settings import Settings
from kpr_stream.sinks.batch import write_of
from kpr_stream.sinks.by_value.batch import value_write
from kpr_stream.sinks.by_value.receipts import DELIVERY, rows_of
from kpr_stream.sinks.by_value.tables import ValueTopic
from kpr_stream.sinks.position import Position, step
from kpr_stream.sinks.store import SinkStore, SinkWrite
from kpr_stream.sinks.tables import SinkKind, SinkTable, sink
from tests.end_to_end import truth
from tests.support.receiver import Receiver, keys
from tests.support.sink_records import OURS, Incoming
from tests.support.stored_database import sink_store

BATCH = 5_000
LANE = 0
_EARLY = datetime(2026, 1, 1, tzinfo=UTC)


Lost = Callable[[Mapping[str, Any]], bool]
"""Whether a delivery never came: its receipt is not written."""


async def fill(
    settings: Settings, receiver: Receiver, part: int, parts: int, *, lost: Lost
) -> None:
    """Write one part of what lies on each mirrored topic."""
    for kind in SinkKind:
        async with sink_store(settings, kind) as store:
            for table in sink(kind).tables:
                log = receiver.log[table.topic]
                cut = [len(log) * n // parts for n in (part, part + 1)]
                await _write(store, table, log[cut[0] : cut[1]], cut[0])
            for topic in sink(kind).value_topics:
                log = receiver.log[topic.topic]
                cut = [len(log) * n // parts for n in (part, part + 1)]
                await _write(store, topic, log[cut[0] : cut[1]], cut[0], lost)


async def _write(
    store: SinkStore,
    table: SinkTable | ValueTopic,
    log: Sequence[OutputRecord],
    first: int,
    lost: Lost = lambda _: False,
) -> None:
    position = (await store.positions()).get((table.topic, LANE))
    if position is None:
        start = Position(next_offset=first, epoch=1, rebuild_until=None, noted_at=_EARLY)
        await store.place(table.topic, LANE, start)
        position = (await store.positions())[table.topic, LANE]
    for at in range(0, len(log), BATCH):
        records = [
            Incoming(LANE, first + at + n, one.key, one.value, (*OURS, *one.headers), one.timestamp)
            for n, one in enumerate(log[at : at + BATCH])
        ]
        move = step(table.topic, LANE, position, records[-1].offset + 1)
        if isinstance(table, ValueTopic):
            kept = [
                one for one in records if table.topic not in RECEIPT_TOPICS or not lost(_facts(one))
            ]
            write: SinkWrite = value_write(table, kept, {LANE: position.epoch})
        else:
            write = write_of(table, records, {LANE: position.epoch})
        await store.write([write], [move])
        position = (await store.positions())[table.topic, LANE]


def _facts(record: Incoming) -> Mapping[str, Any]:
    """The columns of a receipt's delivery."""
    delivery = rows_of(record).get(DELIVERY.name)
    return delivery[0] if delivery else {}


async def fill_rights(settings: Settings, out: Path) -> None:
    """Write all reservations of a nation, under each number of their person."""
    (topic,) = sink(SinkKind.IDENTITY).value_topics
    records = [
        Incoming(LANE, offset, key, value, ())
        for offset, (key, value) in enumerate(truth.rights(out, keys().pseudonyms))
    ]
    async with sink_store(settings, SinkKind.IDENTITY) as store:
        start = Position(next_offset=0, epoch=1, rebuild_until=None, noted_at=_EARLY)
        await store.place(topic.topic, LANE, start)
        move = step(topic.topic, LANE, start, len(records))
        await store.write([value_write(topic, records, {LANE: 1})], [move])


def refreshed(
    settings: Settings, as_of: date, reference: Reference | None = None, **more: object
) -> Refreshed:
    """Refresh, outside an event loop."""
    known = reference or load_reference()
    return asyncio.run(refresh(settings, known, as_of=as_of, **more))  # type: ignore[arg-type]


async def load(settings: Settings) -> None:
    """Load the shipped reference data."""
    await load_into_database(settings, load_reference())
