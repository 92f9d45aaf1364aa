"""What both comparisons of a sink with its topics share: one session, the parts, and the counts.

A comparison fills a temporary table for each partition and counts the differences in another one,
``compared``, with the columns ``in_topic``, ``in_rows``, ``differs`` and ``place``.
"""

# ruff: noqa: S608 - no value from outside enters a statement

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import asyncpg
from aiokafka import ConsumerRecord, TopicPartition

from kpr_stream.database.access import postgres_dsn
from kpr_stream.database.connect import connect, failed
from kpr_stream.database.transient import FAILURES
from kpr_stream.kafka.access import kafka_access
from kpr_stream.kafka.limits import IN_FRONT
from kpr_stream.kafka.partition_reader import LogRange, PartitionReader
from kpr_stream.settings import Settings
from kpr_stream.sinks.position import Position
from kpr_stream.sinks.reader import topic_reader
from kpr_stream.sinks.store import read_positions
from kpr_stream.sinks.tables import Sink

LOCKED_S = 10
"""How long another session may lock a table. Without a limit a comparison at night says nothing."""
EXAMPLES = 10
"""Offsets named per topic: enough to start an investigation, and never a key."""


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


@dataclass(frozen=True, slots=True)
class ComparedPart:
    """One partition: what is compared of its log, and the sink's position there, if it has one."""

    tp: TopicPartition
    log: LogRange
    position: Position | None


@asynccontextmanager
async def comparing(
    settings: Settings, found: Sink, topics: Collection[str], *prepare: str
) -> AsyncIterator[tuple[asyncpg.Connection, PartitionReader]]:
    """Yield a connection in one snapshot, and a reader of the topics.

    ``prepare`` are statements before the snapshot. DatabaseError, also where another session locks
    a table for longer than LOCKED_S.
    """
    reader = topic_reader(kafka_access(settings, found.principal), tuple(topics), limits=IN_FRONT)
    connection = await connect(settings, found.database_role)
    try:
        await reader.start()
        await connection.execute(f"SET lock_timeout = '{LOCKED_S}s'")
        for statement in prepare:
            await connection.execute(statement)
        async with connection.transaction(isolation="repeatable_read"):
            yield connection, reader
    except FAILURES as cause:
        dsn = postgres_dsn(settings, found.database_role)
        raise failed(dsn, found.database_role, cause) from cause
    finally:
        await reader.close()
        connection.terminate()


async def parts_of(
    connection: asyncpg.Connection,
    reader: PartitionReader,
    found: Sink,
    results: Mapping[str, TopicResult],
) -> list[ComparedPart]:
    """Return every partition up to the sink's position; note in ``results`` how far that is."""
    positions = await read_positions(connection, found.db_schema)
    ids = await reader.topic_ids()
    parts = []
    for tp, log in (await reader.ranges()).items():
        result, position = results[tp.topic], positions.get((tp.topic, tp.partition))
        if position is not None and position.topic_id not in (None, ids[tp.topic]):
            result.made_again = True
        until = position.next_offset if position is not None else log.begin
        result.behind += max(0, log.end - until)
        parts.append(ComparedPart(tp, LogRange(log.begin, min(until, log.end)), position))
    return parts


async def records_of(
    reader: PartitionReader, part: ComparedPart
) -> AsyncIterator[list[ConsumerRecord]]:
    """Yield the records of a part, fetch by fetch; a fetch may give none of it."""
    if part.log.begin >= part.log.end:
        return
    reader.read_from({part.tp: part.log.begin})
    async for found in reader.until({part.tp: part.log.end}):
        yield found.get(part.tp, [])


async def count_compared(
    connection: asyncpg.Connection,
    partition: int,
    result: TopicResult,
    *,
    differences_only: bool = False,
) -> None:
    """Add the counts of the table ``compared`` to a result, and drop it.

    ``differences_only``: its keys and rows are counted elsewhere.
    """
    counts: Mapping[str, Any] = await connection.fetchrow(
        "SELECT count(*) FILTER (WHERE in_topic) AS keys, "
        "count(*) FILTER (WHERE in_rows) AS rows, "
        "count(*) FILTER (WHERE in_topic AND NOT in_rows) AS missing, "
        "count(*) FILTER (WHERE in_rows AND NOT in_topic) AS extra, "
        "count(*) FILTER (WHERE in_topic AND in_rows AND differs) AS different FROM compared"
    )
    for name, value in counts.items():
        if not differences_only or name not in ("keys", "rows"):
            setattr(result, name, getattr(result, name) + value)
    rows = await connection.fetch(
        "SELECT place FROM compared WHERE in_topic <> in_rows OR (in_topic AND differs) "
        f"ORDER BY place LIMIT {EXAMPLES - len(result.places)}"
    )
    result.places += [(partition, row["place"]) for row in rows]
    await connection.execute("DROP TABLE compared")
