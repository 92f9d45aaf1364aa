"""Compare a sink's tables with its topics: the last record of every key against the rows.

Compared in the database, partition by partition, as of the position in one snapshot. So a sink
that runs meanwhile, or is behind, causes no difference.
"""

# ruff: noqa: S608 - no value from outside enters a statement

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import asyncpg
from aiokafka import ConsumerRecord, TopicPartition

from kpr_stream.database.access import postgres_dsn
from kpr_stream.database.connect import connect, failed
from kpr_stream.database.transient import FAILURES
from kpr_stream.errors import WireFormatError
from kpr_stream.kafka.access import kafka_access
from kpr_stream.kafka.foreign import foreign_record, require_ledger_header
from kpr_stream.kafka.limits import IN_FRONT
from kpr_stream.kafka.partition_reader import LogRange, PartitionReader
from kpr_stream.schemas import wire
from kpr_stream.settings import Settings
from kpr_stream.sinks import statements
from kpr_stream.sinks.history import is_of_erased_person
from kpr_stream.sinks.latest import key_as_uuid
from kpr_stream.sinks.reader import topic_reader
from kpr_stream.sinks.source import EPOCH, OFFSET, PARTITION
from kpr_stream.sinks.tables import STATUS, Sink, SinkKind, SinkTable, sink

EXAMPLES = 10
"""Offsets named per topic: enough to start an investigation, and never a key."""

_SEEN = """
CREATE TEMP TABLE seen (
    key uuid, place bigint, status text, erased boolean NOT NULL, forgets boolean NOT NULL
)
"""


@dataclass(slots=True, kw_only=True)
class TopicResult:
    """What was found of one topic. ``places`` are (partition, offset) of differences."""

    topic: str
    records: int = 0
    keys: int = 0
    rows: int = 0
    missing: int = 0
    extra: int = 0
    different: int = 0
    behind: int = 0
    versions: int | None = None
    """Versions of all records in the history; None where the table has none."""
    unrecorded: int = 0
    """Records of the topic that are in no version, though nothing has erased them."""
    unverified: int = 0
    """Versions that the last rebuild did not find in the topic any more: only the database has
    them."""
    made_again: bool = False
    """Whether the rows are of an earlier topic of this name. The sink rebuilds them."""
    places: list[tuple[int, int]] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Return whether there is no difference.

        Being behind does not count, nor does a version that the topic has compacted.
        """
        return not (
            self.missing or self.extra or self.different or self.unrecorded or self.made_again
        )

    def as_json(self) -> dict[str, Any]:
        """Return it for a script."""
        return {**asdict(self), "equal": self.equal}


async def verify_sink(settings: Settings, kind: SinkKind) -> list[TopicResult]:
    """Compare every table of a sink with its topic; return one result a topic."""
    found = sink(kind)
    reader = topic_reader(
        kafka_access(settings, found.principal),
        tuple(t.topic for t in found.tables),
        limits=IN_FRONT,
    )
    connection = await connect(settings, found.database_role)
    try:
        await reader.start()
        await connection.execute(_SEEN)
        async with connection.transaction(isolation="repeatable_read"):
            return await _compare(connection, reader, found)
    except FAILURES as cause:
        dsn = postgres_dsn(settings, found.database_role)
        raise failed(dsn, found.database_role, cause) from cause
    finally:
        await reader.close()
        connection.terminate()


async def _compare(
    connection: asyncpg.Connection, reader: PartitionReader, found: Sink
) -> list[TopicResult]:
    positions = {
        TopicPartition(row["topic"], row["partition"]): row
        for row in await connection.fetch(statements.read_positions(found.db_schema))
    }
    tables = {table.topic: table for table in found.tables}
    results = {topic: TopicResult(topic=topic) for topic in tables}
    ids = await reader.topic_ids()
    for tp, log in (await reader.ranges()).items():
        result = results[tp.topic]
        position = positions.get(tp)
        if position is not None and position["topic_id"] not in (None, ids[tp.topic]):
            result.made_again = True
        until = position["next_offset"] if position is not None else log.begin
        result.behind += max(0, log.end - until)
        await connection.execute("TRUNCATE seen")
        read = LogRange(log.begin, min(until, log.end))
        result.records += await _read(connection, reader, tables[tp.topic], tp, read)
        epoch = 0
        if position is not None and position["rebuild_until"] is not None:
            epoch = position["epoch"]
        await _count(connection, tables[tp.topic], tp.partition, epoch, result)
        if tables[tp.topic].history:
            await _count_unrecorded(connection, tables[tp.topic], tp.partition, result)
    for table in found.tables:
        if table.history:
            counted = await connection.fetchrow(statements.unverified_versions(table))
            result = results[table.topic]
            result.versions, result.unverified = counted["versions"], counted["unverified"]
    return list(results.values())


async def _read(
    connection: asyncpg.Connection,
    reader: PartitionReader,
    table: SinkTable,
    tp: TopicPartition,
    log: LogRange,
) -> int:
    if log.begin >= log.end:
        return 0
    reader.read_from({tp: log.begin})
    read = 0
    async for found in reader.until({tp: log.end}):
        records = found.get(tp, ())
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
    counts = await connection.fetchrow(
        "SELECT count(*) FILTER (WHERE in_topic) AS keys, "
        "count(*) FILTER (WHERE in_rows) AS rows, "
        "count(*) FILTER (WHERE in_topic AND NOT in_rows) AS missing, "
        "count(*) FILTER (WHERE in_rows AND NOT in_topic) AS extra, "
        "count(*) FILTER (WHERE in_topic AND in_rows AND differs) AS different FROM compared"
    )
    for name, value in counts.items():
        setattr(result, name, getattr(result, name) + value)
    rows = await connection.fetch(
        "SELECT place FROM compared WHERE in_topic <> in_rows OR (in_topic AND differs) "
        f"ORDER BY place LIMIT {EXAMPLES - len(result.places)}"
    )
    result.places += [(partition, row["place"]) for row in rows]
    await connection.execute("DROP TABLE compared")
