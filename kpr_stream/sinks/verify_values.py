"""Compare the tables of receipts, units and rejected items with their topics, row by row.

The rows that the topic gives are made in a temporary table, by the code that the sink runs, and
compared column by column as of the sink's position.
"""

# ruff: noqa: S608 - no value from outside enters a statement

from __future__ import annotations

from dataclasses import replace

import asyncpg

from kpr_stream.kafka.partition_reader import PartitionReader
from kpr_stream.settings import Settings
from kpr_stream.sinks.by_value.batch import value_write
from kpr_stream.sinks.by_value.statements import add_rows, own_rows, remove_rows
from kpr_stream.sinks.by_value.tables import ValueTable, ValueTopic
from kpr_stream.sinks.compare import (
    ComparedPart,
    TopicResult,
    comparing,
    count_compared,
    parts_of,
    records_of,
)
from kpr_stream.sinks.source import EPOCH, OFFSET, PARTITION
from kpr_stream.sinks.tables import Sink, SinkKind, sink


async def verify_values(settings: Settings, kind: SinkKind) -> list[TopicResult]:
    """Compare every such topic of a sink with its tables; return one result a topic.

    ``records`` and ``keys`` count what the topic holds, ``rows`` what the first table does.
    """
    found = sink(kind)
    if not found.value_topics:
        return []
    tables = {t.name: t for one in found.value_topics for t in one.tables}.values()
    seen = [f"CREATE TEMP TABLE {_seen(t).name} (LIKE {t.full_name})" for t in tables]
    topics = [one.topic for one in found.value_topics]
    async with comparing(settings, found, topics, *seen) as (connection, reader):
        return await _compare(connection, reader, found)


async def _compare(
    connection: asyncpg.Connection, reader: PartitionReader, found: Sink
) -> list[TopicResult]:
    topics = {one.topic: one for one in found.value_topics}
    results = {topic: TopicResult(topic=topic) for topic in topics}
    for part in await parts_of(connection, reader, found, results):
        topic, result = topics[part.tp.topic], results[part.tp.topic]
        result.records += await _read(connection, reader, topic, part)
        for table in topic.tables:
            await _count(connection, topic, table, part, result)
    return list(results.values())


async def _read(
    connection: asyncpg.Connection, reader: PartitionReader, topic: ValueTopic, part: ComparedPart
) -> int:
    for table in topic.tables:
        await connection.execute(f"TRUNCATE {_seen(table).name}")
    read = 0
    async for records in records_of(reader, part):
        read += len(records)
        if not records:
            continue
        write = value_write(topic, records, {part.tp.partition: 0})
        for rows in write.tables:
            remove = remove_rows(_seen(rows.table))
            if write.erasures:
                await connection.execute(remove, rows.erased)
            if rows.table.mirror:
                await connection.execute(remove, rows.written)
            await connection.execute(add_rows(_seen(rows.table)), rows.written)
    return read


async def _count(
    connection: asyncpg.Connection,
    topic: ValueTopic,
    table: ValueTable,
    part: ComparedPart,
    result: TopicResult,
) -> None:
    kept = f"r.{PARTITION} = {part.tp.partition} AND {own_rows(topic, 'r')}"
    if not table.mirror:
        # The topic deletes receipts after a time, and the table keeps them.
        first_epoch = part.position.first_epoch if part.position is not None else 1
        kept += f" AND r.{OFFSET} >= {part.log.begin} AND r.{OFFSET} < {part.log.end}"
        kept += f" AND r.{EPOCH} >= {first_epoch}"
    same = " AND ".join(f"s.{name} = r.{name}" for name in table.unique)
    await connection.execute(
        "CREATE TEMP TABLE compared ON COMMIT DROP AS "
        f"SELECT s.{OFFSET} IS NOT NULL AS in_topic, r.{OFFSET} IS NOT NULL AS in_rows, "
        f"to_jsonb(s) - '{EPOCH}' IS DISTINCT FROM to_jsonb(r) - '{EPOCH}' AS differs, "
        f"coalesce(s.{OFFSET}, r.{OFFSET}) AS place "
        f"FROM {_seen(table).name} s "
        f"FULL JOIN (SELECT * FROM {table.full_name} r WHERE {kept}) r ON {same}"
    )
    await count_compared(
        connection, part.tp.partition, result, differences_only=table is not topic.tables[0]
    )


def _seen(table: ValueTable) -> ValueTable:
    return replace(table, name=f"seen_{table.name}", db_schema="pg_temp")
