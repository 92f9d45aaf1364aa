"""Compare a sink's tables with its topics: the last record of every key against the rows.

Compared in the database, partition by partition, as of the position in one snapshot. So a sink
that runs meanwhile, or is behind, causes no difference.
"""

# ruff: noqa: S608 - no value from outside enters a statement

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import asyncpg
from aiokafka import ConsumerRecord

from kpr_stream.errors import WireFormatError
from kpr_stream.kafka.foreign import foreign_record, require_ledger_header
from kpr_stream.kafka.partition_reader import PartitionReader
from kpr_stream.schemas import wire
from kpr_stream.settings import Settings
from kpr_stream.sinks import statements
from kpr_stream.sinks.compare import (
    EXAMPLES,
    ComparedPart,
    TopicResult,
    comparing,
    count_compared,
    parts_of,
    records_of,
)
from kpr_stream.sinks.history import is_of_erased_person
from kpr_stream.sinks.latest import key_as_uuid
from kpr_stream.sinks.source import EPOCH, OFFSET, PARTITION
from kpr_stream.sinks.tables import STATUS, Sink, SinkKind, SinkTable, sink

_SEEN = """
CREATE TEMP TABLE seen (
    key uuid, place bigint, status text, erased boolean NOT NULL, forgets boolean NOT NULL
)
"""


async def verify_sink(settings: Settings, kind: SinkKind) -> list[TopicResult]:
    """Compare every table of a sink with its topic; return one result a topic."""
    found = sink(kind)
    topics = [table.topic for table in found.tables]
    async with comparing(settings, found, topics, _SEEN) as (connection, reader):
        return await _compare(connection, reader, found)


async def _compare(
    connection: asyncpg.Connection, reader: PartitionReader, found: Sink
) -> list[TopicResult]:
    tables = {table.topic: table for table in found.tables}
    results = {topic: TopicResult(topic=topic) for topic in tables}
    for part in await parts_of(connection, reader, found, results):
        table, result = tables[part.tp.topic], results[part.tp.topic]
        result.records += await _read(connection, reader, table, part)
        epoch = 0
        if part.position is not None and part.position.rebuild_until is not None:
            epoch = part.position.epoch
        await _count(connection, table, part.tp.partition, epoch, result)
        if table.history:
            await _count_unrecorded(connection, table, part.tp.partition, result)
    for table in found.tables:
        if table.history:
            counted = await connection.fetchrow(statements.unverified_versions(table))
            result = results[table.topic]
            result.versions, result.unverified = counted["versions"], counted["unverified"]
    return list(results.values())


async def _read(
    connection: asyncpg.Connection, reader: PartitionReader, table: SinkTable, part: ComparedPart
) -> int:
    await connection.execute("TRUNCATE seen")
    read = 0
    async for records in records_of(reader, part):
        read += len(records)
        await connection.copy_records_to_table("seen", records=_seen(table, records))
    return read


def _seen(table: SinkTable, records: Sequence[ConsumerRecord]) -> Iterator[tuple[Any, ...]]:
    has_status = STATUS in table.column_names
    for r in records:
        require_ledger_header((table.topic, r.partition, r.offset), r.headers)
        try:
            status = (
                wire.decode(table.record, r.value)[STATUS]
                if has_status and r.value is not None
                else None
            )
            forgets = r.value is None or (
                status is not None and is_of_erased_person(r, status, table.topic)
            )
            yield key_as_uuid(r.key), r.offset, status, r.value is None, forgets
        except WireFormatError as cause:
            raise foreign_record((table.topic, r.partition, r.offset), cause.message) from None


async def _count_unrecorded(
    connection: asyncpg.Connection, table: SinkTable, partition: int, result: TopicResult
) -> None:
    rows = await connection.fetch(
        "SELECT s.place FROM seen s WHERE NOT s.erased AND NOT EXISTS "
        "(SELECT FROM seen e WHERE e.key = s.key AND e.forgets AND e.place > s.place) "
        f"AND NOT EXISTS (SELECT FROM {table.version_name} v WHERE v.{table.key} = s.key "
        f"AND v.{PARTITION} = {partition} AND v.{OFFSET} = s.place) ORDER BY 1"
    )
    result.unrecorded += len(rows)
    room = EXAMPLES - len(result.places)
    result.places += [(partition, row["place"]) for row in rows[:room]]


async def _count(
    connection: asyncpg.Connection,
    table: SinkTable,
    partition: int,
    epoch: int,
    result: TopicResult,
) -> None:
    status = f"r.{STATUS}" if STATUS in table.column_names else "NULL::text"
    await connection.execute(
        "CREATE TEMP TABLE compared ON COMMIT DROP AS "
        "WITH last AS (SELECT DISTINCT ON (key) * FROM seen ORDER BY key, place DESC), "
        f"kept AS (SELECT r.{table.key} AS key, r.{OFFSET} AS place, {status} AS status "
        f"FROM {table.full_name} r WHERE r.{PARTITION} = {partition} AND r.{EPOCH} >= {epoch}) "
        "SELECT l.key IS NOT NULL AND NOT l.erased AS in_topic, r.key IS NOT NULL AS in_rows, "
        "(l.place, l.status) IS DISTINCT FROM (r.place, r.status) AS differs, "
        "coalesce(l.place, r.place) AS place "
        "FROM last l FULL JOIN kept r ON l.key = r.key"
    )
    await count_compared(connection, partition, result)
