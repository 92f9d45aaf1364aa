"""Rebuild a sink's tables from its topics, beside the live ones, and swap them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg

from kpr_stream.database.connect import session
from kpr_stream.database.migrate import OWNER
from kpr_stream.errors import ConfigurationError, DatabaseError
from kpr_stream.kafka.access import kafka_access
from kpr_stream.settings import Settings
from kpr_stream.sinks import statements
from kpr_stream.sinks.reader import topic_reader
from kpr_stream.sinks.rebuild.carry import (
    KeptRows,
    KeptVersions,
    RemovedRows,
    carry,
    count_logs,
)
from kpr_stream.sinks.rebuild.objects import NewTables
from kpr_stream.sinks.rebuild.prepare import prepare
from kpr_stream.sinks.rebuild.read import Report, read_topics
from kpr_stream.sinks.rebuild.swap import drop_old, is_kept, swap
from kpr_stream.sinks.rebuild.target import REBUILD_LOCK, names_in, new_schema, old_schema
from kpr_stream.sinks.tables import Sink, SinkKind, sink


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What a rebuild has done.

    ``resumed``: an earlier start was continued, and ``records`` are those of this one.
    ``histories`` and ``logs`` say what only the database still has, ``removed`` what the topics no
    longer have and the tables have lost. ``kept_in`` is the schema of the old tables, if they stay.
    """

    records: int
    rows: int
    rebuilds: int
    resumed: bool
    histories: tuple[KeptVersions, ...]
    logs: tuple[KeptRows, ...]
    removed: tuple[RemovedRows, ...]
    kept_in: str | None


def say_nothing(message: str) -> None:
    """Report nothing."""


async def rebuild_sink(
    settings: Settings, kind: SinkKind, *, keep: bool = False, report: Report = say_nothing
) -> Rebuilt:
    """Rebuild all tables of a sink and swap them for the live ones. The live sink may run.

    ``keep``: the old tables stay in a schema of their own. May be killed at any time: the live
    tables are the old ones or the new ones, and the next rebuild resumes.
    """
    found = sink(kind)
    async with _alone(settings, found) as owner:
        await _clear_old(owner, found)
        plan, resumed, partitions = await _prepare(settings, owner, found)
        report("an earlier rebuild is resumed" if resumed else "new tables are made")
        totals = await read_topics(settings, found, report)
        report(f"{totals.records} records read; indexes are made")
        for statement in plan.indexes:
            await owner.execute(statement)
        report("what only the old tables have is carried over")
        await carry(owner, found)
        await owner.execute("ANALYZE " + ", ".join(names_in(new_schema(found), found)))
        late = await read_topics(settings, found, report)
        report("the tables are swapped")

        async def catch_up() -> None:
            more = await read_topics(settings, found, report)
            late.records, late.rows = late.records + more.records, late.rows + more.rows

        removed, dropped = await swap(owner, found, catch_up, keep=keep)
        await drop_old(owner, found)
        return Rebuilt(
            records=totals.records + late.records,
            rows=totals.rows + late.rows,
            rebuilds=partitions,
            resumed=resumed,
            histories=await _histories(owner, found, dropped),
            logs=await count_logs(owner, found),
            removed=tuple(removed),
            kept_in=old_schema(found) if keep else None,
        )


@asynccontextmanager
async def _alone(settings: Settings, found: Sink) -> AsyncIterator[asyncpg.Connection]:
    """Yield a session of the owner that holds the lock of this sink's rebuilds."""
    async with session(settings, OWNER) as owner:
        if not await owner.fetchval(
            "SELECT pg_try_advisory_lock($1)", found.lock_id + REBUILD_LOCK
        ):
            raise DatabaseError(
                f"Another process rebuilds the tables of the {found.kind} sink.",
                what_to_do="Wait until that has ended.",
            )
        # Names in definitions are written with their schema then.
        await owner.execute("SET search_path = ''")
        yield owner


async def _clear_old(owner: asyncpg.Connection, found: Sink) -> None:
    """Drop what a rebuild that was killed after its swap has left."""
    if await is_kept(owner, found):
        raise ConfigurationError(
            f"The schema {old_schema(found)} holds the old tables of an earlier rebuild, kept on "
            "request.",
            what_to_do=f"Drop it (DROP SCHEMA {old_schema(found)} CASCADE) or rename it, then "
            "rebuild.",
        )
    await drop_old(owner, found)


async def _prepare(
    settings: Settings, owner: asyncpg.Connection, found: Sink
) -> tuple[NewTables, bool, int]:
    reader = topic_reader(kafka_access(settings, found.principal), found.topics)
    async with reader:
        ids = await reader.topic_ids()
        ranges = await reader.ranges()
    plan, resumed = await prepare(owner, found, ranges, ids, datetime.now(UTC))
    return plan, resumed, len(ranges)


async def _histories(
    owner: asyncpg.Connection, found: Sink, dropped: dict[str, int]
) -> tuple[KeptVersions, ...]:
    kept = []
    for table in found.tables:
        if table.history:
            row = await owner.fetchrow(statements.unverified_versions(table))
            name = table.version_name
            kept.append(KeptVersions(name, row["versions"], row["unverified"], dropped[name]))
    return tuple(kept)
