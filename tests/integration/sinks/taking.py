"""Take records into the database as a sink does, without Kafka."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime

from kpr_stream.sinks.batch import write_of
from kpr_stream.sinks.persist import persist
from kpr_stream.sinks.position import Position, step
from kpr_stream.sinks.store import SinkStore
from kpr_stream.sinks.tables import SinkKind, sink
from tests.integration.sinks.conftest import Database
from tests.support.sink_records import Incoming
from tests.support.stored_database import sink_store

START = Position(
    next_offset=0, epoch=1, rebuild_until=None, noted_at=datetime(2026, 1, 1, tzinfo=UTC)
)


def opened(
    database: Database, kind: SinkKind = SinkKind.CONTENT
) -> AbstractAsyncContextManager[SinkStore]:
    """Open a sink's store for the length of a block."""
    return sink_store(database.settings, kind)


async def take(
    store: SinkStore,
    records: Sequence[Incoming],
    *,
    before: Position = START,
    kind: SinkKind = SinkKind.CONTENT,
) -> Position:
    """Place the sink at ``before`` and take the records; the position after them."""
    table = sink(kind).tables[0]
    partition = records[0].partition
    await store.place(table.topic, partition, before)
    move = step(table.topic, partition, before, records[-1].offset + 1)
    await persist(store, [write_of(table, records, {partition: before.epoch})], [move])
    until = None if move.ends_rebuild else before.rebuild_until
    return replace(before, next_offset=move.next_offset, rebuild_until=until)
