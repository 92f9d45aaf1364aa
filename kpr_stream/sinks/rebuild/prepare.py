"""Make the new tables of a rebuild with their positions, or find those of an earlier start."""

# ruff: noqa: S608 - no value from outside enters a statement

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import asyncpg
from aiokafka import TopicPartition

from kpr_stream.kafka.partition_reader import LogRange
from kpr_stream.sinks import statements
from kpr_stream.sinks.position import ASKED_FOR, LogState, Position, rebuild_due, rebuilt
from kpr_stream.sinks.rebuild.objects import NewTables, new_tables
from kpr_stream.sinks.rebuild.target import live_names, new_schema
from kpr_stream.sinks.store import read_positions
from kpr_stream.sinks.tables import Sink

Positions = Mapping[tuple[str, int], Position]
"""Positions by topic and partition."""


def first_positions(
    live: Positions,
    ranges: Mapping[TopicPartition, LogRange],
    ids: Mapping[str, str],
    now: datetime,
) -> dict[tuple[str, int], Position]:
    """Return where a rebuild begins in every partition: at the log's start, in the next epoch.

    Where the log has lost keys since the live position was written, this epoch is the first one
    whose absent keys are known to be erased.
    """
    found = {}
    for tp, log in ranges.items():
        state = LogState(log.begin, log.end, ids[tp.topic])
        before = live.get((tp.topic, tp.partition)) or Position(
            next_offset=log.begin,
            epoch=0,
            rebuild_until=None,
            noted_at=now,
            topic_id=state.topic_id,
        )
        why = rebuild_due(before, state, now) or ASKED_FOR
        # Into empty tables: no row of an earlier epoch is there to be deleted at the end.
        found[tp.topic, tp.partition] = replace(
            rebuilt(before, state, now, why), rebuild_until=None
        )
    return found


def fits(made: Positions, live: Positions, ids: Mapping[str, str]) -> bool:
    """Return whether an earlier start can be resumed.

    Its topics must be those of today, and its epochs the next ones of the live tables: another
    rebuild, or the live sink, has begun a newer epoch otherwise.
    """
    return bool(made) and all(
        position.topic_id == ids.get(topic)
        and (before := live.get((topic, partition))) is not None
        and position.epoch > before.epoch
        for (topic, partition), position in made.items()
        if (topic, partition) in live
    )


async def prepare(
    connection: asyncpg.Connection,
    found: Sink,
    ranges: Mapping[TopicPartition, LogRange],
    ids: Mapping[str, str],
    now: datetime,
) -> tuple[NewTables, bool]:
    """Make the new schema, or keep the one of an earlier start; return whether that is resumed."""
    place = new_schema(found)
    live = await read_positions(connection, found.db_schema)
    plan = await new_tables(connection, place, live_names(found))
    if await _resumable(connection, place, live, ids):
        return plan, True
    async with connection.transaction():
        await connection.execute(f"DROP SCHEMA IF EXISTS {place} CASCADE; CREATE SCHEMA {place}")
        await connection.execute("; ".join(plan.tables))
        await connection.execute(
            f"CREATE TABLE {place}.made_by AS SELECT max(version) AS migration FROM kpr.migration"
        )
        positions = first_positions(live, ranges, ids, now)
        await connection.executemany(
            statements.place(place),
            [
                (topic, partition, p.next_offset, p.epoch, None, p.topic_id, p.first_epoch)
                for (topic, partition), p in positions.items()
            ],
        )
    return plan, False


async def _resumable(
    connection: asyncpg.Connection, place: str, live: Positions, ids: Mapping[str, str]
) -> bool:
    if await connection.fetchval("SELECT to_regclass($1)", f"{place}.made_by") is None:
        return False
    same = await connection.fetchval(
        f"SELECT migration = (SELECT max(version) FROM kpr.migration) FROM {place}.made_by"
    )
    return bool(same) and fits(await read_positions(connection, place), live, ids)
