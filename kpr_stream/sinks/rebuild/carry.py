"""Carry over what only the old tables have, and count what no rebuild brings back."""

# ruff: noqa: S608 - no value from outside enters a statement

from __future__ import annotations

from dataclasses import dataclass

import asyncpg

from kpr_stream.sinks.by_value.statements import own_rows
from kpr_stream.sinks.by_value.tables import ValueTable
from kpr_stream.sinks.rebuild.target import beside
from kpr_stream.sinks.source import EPOCH, PARTITION
from kpr_stream.sinks.tables import POSITION_TABLE, VERSION_COLUMNS, Sink, SinkTable


@dataclass(frozen=True, slots=True)
class KeptVersions:
    """The versions of one table, and how many of them the topic has no more.

    ``dropped`` are versions of keys that the topic no longer has: the keys were erased.
    """

    table: str
    versions: int
    unverified: int
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class KeptRows:
    """Rows of a log (receipts) that the topic has deleted, and the database keeps."""

    table: str
    rows: int
    unverified: int


@dataclass(frozen=True, slots=True)
class RemovedRows:
    """Rows that the topic no longer has: their keys were erased, or the topic has lost them."""

    table: str
    rows: int


async def carry(connection: asyncpg.Connection, found: Sink) -> None:
    """Copy versions and receipts that the topics no longer have into the new tables.

    A second time it copies only what was added since.
    """
    new = beside(found)
    for old_table, new_table in zip(found.tables, new.tables, strict=True):
        if old_table.history:
            await connection.execute(carry_versions(old_table, new_table))
    for old_log, new_log in _logs(found).values():
        await connection.execute(carry_rows(old_log, new_log))


def carry_versions(old: SinkTable, new: SinkTable) -> str:
    """Copy old versions of keys that the topic still has, and all of a log that has lost keys."""
    columns = ", ".join((*old.column_names, *(c.name for c in VERSION_COLUMNS)))
    named = ", ".join(f"v.{name}" for name in columns.split(", "))
    same = " AND ".join(f"n.{name} = v.{name}" for name in old.version_key)
    return (
        f"INSERT INTO {new.version_name} ({columns}) SELECT {named} FROM {old.version_name} v "
        f"WHERE NOT EXISTS (SELECT FROM {new.version_name} n WHERE {same}) "
        f"AND ({_of_lost_log('v', old, new)} OR EXISTS "
        f"(SELECT FROM {new.full_name} t WHERE t.{new.key} = v.{new.key})) ON CONFLICT DO NOTHING"
    )


async def count_dropped(connection: asyncpg.Connection, old: SinkTable, new: SinkTable) -> int:
    """Return how many old versions are not in the new table."""
    same = " AND ".join(f"n.{name} = v.{name}" for name in old.version_key)
    return int(
        await connection.fetchval(
            f"SELECT count(*) FROM {old.version_name} v "
            f"WHERE NOT EXISTS (SELECT FROM {new.version_name} n WHERE {same})"
        )
    )


async def remove_absent(connection: asyncpg.Connection, found: Sink) -> list[RemovedRows]:
    """Delete live rows whose key the new tables do not have; return how many of each table.

    Deleted where the triggers of other schemas see it. The new tables must have every record up to
    the live positions.
    """
    removed = []
    for old, new in zip(found.tables, beside(found).tables, strict=True):
        same = " AND ".join(f"n.{name} = o.{name}" for name in old.unique)
        tag = await connection.execute(
            f"DELETE FROM {old.full_name} o "
            f"WHERE NOT EXISTS (SELECT FROM {new.full_name} n WHERE {same})"
        )
        removed.append(RemovedRows(old.full_name, int(tag.rpartition(" ")[2])))
    return removed


def carry_rows(old: ValueTable, new: ValueTable) -> str:
    """Copy the rows of a log that the new table has not."""
    same = " AND ".join(f"n.{name} = o.{name}" for name in old.unique)
    return (
        f"INSERT INTO {new.full_name} SELECT o.* FROM {old.full_name} o "
        f"WHERE NOT EXISTS (SELECT FROM {new.full_name} n WHERE {same}) ON CONFLICT DO NOTHING"
    )


async def count_logs(connection: asyncpg.Connection, found: Sink) -> tuple[KeptRows, ...]:
    """Return the rows of each log, and how many of them the last rebuild did not find."""
    counted: dict[str, tuple[int, int]] = {}
    for topic in found.value_topics:
        for table in topic.tables:
            if table.mirror:
                continue
            row = await connection.fetchrow(
                "SELECT count(*) AS rows, "
                f"count(*) FILTER (WHERE r.{EPOCH} < p.epoch) AS unverified "
                f"FROM {table.full_name} r LEFT JOIN {found.db_schema}.{POSITION_TABLE} p "
                f"ON p.topic = '{topic.topic}' AND p.partition = r.{PARTITION} "
                f"WHERE {own_rows(topic, 'r')}"
            )
            before = counted.get(table.full_name, (0, 0))
            counted[table.full_name] = (before[0] + row["rows"], before[1] + row["unverified"])
    return tuple(KeptRows(name, *numbers) for name, numbers in counted.items())


def _logs(found: Sink) -> dict[str, tuple[ValueTable, ValueTable]]:
    """Return old and new of every table that keeps what its topic deletes, by name."""
    return {
        old.name: (old, new)
        for topic, other in zip(found.value_topics, beside(found).value_topics, strict=True)
        for old, new in zip(topic.tables, other.tables, strict=True)
        if not old.mirror
    }


def _of_lost_log(alias: str, old: SinkTable, new: SinkTable) -> str:
    # Offsets and absences say nothing of an epoch before the first one that has every key.
    return (
        f"{alias}.{EPOCH} < (SELECT p.first_epoch FROM {new.db_schema}.{POSITION_TABLE} p "
        f"WHERE p.topic = '{old.topic}' AND p.partition = {alias}.{PARTITION})"
    )
