"""Make the SQL of a sink from its table. Pure; every name comes from our own schemas."""

# ruff: noqa: S608 - no value from outside enters a statement

from __future__ import annotations

from kpr_stream.sinks.tables import EPOCH, OFFSET, PARTITION, POSITION_TABLE, SinkTable


def staging_name(table: SinkTable) -> str:
    """Return the name of the session's own temporary table."""
    return f"stage_{table.name}"


def create_staging(table: SinkTable) -> str:
    """Create a temporary table of the same columns, emptied by every commit."""
    return f"CREATE TEMP TABLE {staging_name(table)} (LIKE {table.full_name}) ON COMMIT DELETE ROWS"


def merge(table: SinkTable) -> str:
    """Merge staged rows into the table; a row from a later offset of the topic stays."""
    columns = ", ".join(table.column_names)
    assignments = ", ".join(
        f"{name} = excluded.{name}" for name in table.column_names if name not in table.unique
    )
    return (
        f"INSERT INTO {table.full_name} AS kept ({columns}) "
        f"SELECT {columns} FROM {staging_name(table)} "
        f"ON CONFLICT ({', '.join(table.unique)}) DO UPDATE SET {assignments} "
        f"WHERE kept.{PARTITION} = excluded.{PARTITION} "
        f"AND (kept.{EPOCH}, kept.{OFFSET}) < (excluded.{EPOCH}, excluded.{OFFSET})"
    )


def misplaced(table: SinkTable) -> str:
    """Find a staged row whose key already has a row from another partition."""
    return (
        f"SELECT s.{PARTITION} AS partition, s.{OFFSET} AS offset, t.{PARTITION} AS other "
        f"FROM {staging_name(table)} s JOIN {table.full_name} t USING ({table.key}) "
        f"WHERE s.{PARTITION} <> t.{PARTITION} ORDER BY 1, 2 LIMIT 1"
    )


def erase(table: SinkTable) -> str:
    """Delete rows erased after they were written. $1-$4: keys, epochs, partitions, offsets."""
    return (
        f"DELETE FROM {table.full_name} t "
        "USING unnest($1::uuid[], $2::int[], $3::int[], $4::bigint[]) "
        "AS e(key, epoch, partition, gone) "
        f"WHERE t.{table.key} = e.key AND t.{PARTITION} = e.partition "
        f"AND (t.{EPOCH}, t.{OFFSET}) < (e.epoch, e.gone)"
    )


def finish_rebuild(table: SinkTable) -> str:
    """Delete rows of a partition ($1) that a rebuild of epoch $2 did not find in the topic."""
    return f"DELETE FROM {table.full_name} WHERE {PARTITION} = $1 AND {EPOCH} < $2"


def read_positions(db_schema: str) -> str:
    """Select every position of the sink."""
    return (
        "SELECT topic, partition, next_offset, epoch, rebuild_until, noted_at, topic_id "
        f"FROM {db_schema}.{POSITION_TABLE}"
    )


def place(db_schema: str) -> str:
    """Set a position: the first of a partition, or the start of a rebuild."""
    return (
        f"INSERT INTO {db_schema}.{POSITION_TABLE} AS p "
        "(topic, partition, next_offset, epoch, rebuild_until, topic_id) "
        "VALUES ($1, $2, $3, $4, $5, $6) "
        "ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset, "
        "epoch = excluded.epoch, rebuild_until = excluded.rebuild_until, "
        "topic_id = excluded.topic_id, noted_at = now()"
    )


def advance(db_schema: str) -> str:
    """Advance positions, each only if no other process has moved it since it was read."""
    return (
        f"UPDATE {db_schema}.{POSITION_TABLE} p "
        "SET next_offset = a.next_offset, noted_at = now(), "
        "rebuild_until = CASE WHEN a.ends_rebuild THEN NULL ELSE p.rebuild_until END "
        "FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[], $5::int[], $6::bool[]) "
        "AS a(topic, partition, read_before, next_offset, epoch, ends_rebuild) "
        "WHERE p.topic = a.topic AND p.partition = a.partition "
        "AND p.next_offset = a.read_before AND p.epoch = a.epoch"
    )
