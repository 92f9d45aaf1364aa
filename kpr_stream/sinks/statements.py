"""Make the SQL of a sink from its table. Pure; every name comes from our own schemas."""

# ruff: noqa: S608 - no value from outside enters a statement

from __future__ import annotations

from kpr_stream.sinks.source import EPOCH, OFFSET, PARTITION
from kpr_stream.sinks.tables import NEWEST, POSITION_TABLE, VERSION_COLUMNS, SinkTable


def staging_name(table: SinkTable) -> str:
    """Return the name of the session's own temporary table."""
    return f"stage_{table.name}"


def create_staging(table: SinkTable) -> str:
    """Create a temporary table of the same columns, emptied by every commit."""
    like = f"LIKE {table.full_name}"
    if table.history:
        like = f"LIKE {table.version_name}, {NEWEST} boolean NOT NULL"
    return f"CREATE TEMP TABLE {staging_name(table)} ({like}) ON COMMIT DELETE ROWS"


def merge(table: SinkTable) -> str:
    """Merge staged rows into the table; a row from a later offset of the topic stays."""
    newest = f"WHERE {NEWEST} " if table.history else ""
    columns = ", ".join(table.column_names)
    assignments = ", ".join(
        f"{name} = excluded.{name}" for name in table.column_names if name not in table.unique
    )
    return (
        f"INSERT INTO {table.full_name} AS kept ({columns}) "
        f"SELECT {columns} FROM {staging_name(table)} {newest}"
        f"ON CONFLICT ({', '.join(table.unique)}) DO UPDATE SET {assignments} "
        f"WHERE kept.{PARTITION} = excluded.{PARTITION} "
        f"AND (kept.{EPOCH}, kept.{OFFSET}) < (excluded.{EPOCH}, excluded.{OFFSET})"
    )


def append_versions(table: SinkTable) -> str:
    """Append staged rows to the versions; one that is there already stays as it is."""
    columns = ", ".join((*table.column_names, *(c.name for c in VERSION_COLUMNS)))
    return (
        f"INSERT INTO {table.version_name} ({columns}) "
        f"SELECT {columns} FROM {staging_name(table)} ON CONFLICT DO NOTHING"
    )


def confirm_versions(table: SinkTable) -> str:
    """Note that a rebuild found staged versions in the topic: they get its epoch and place."""
    same = " AND ".join(f"v.{name} = s.{name}" for name in table.version_key)
    places = ", ".join(f"{name} = s.{name}" for name in (EPOCH, PARTITION, OFFSET))
    return (
        f"UPDATE {table.version_name} v SET {places} FROM {staging_name(table)} s "
        f"WHERE {same} AND v.{EPOCH} < s.{EPOCH}"
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


def erase_versions(table: SinkTable) -> str:
    """Delete the versions of erased keys. $1-$4 as for ``erase``.

    Offsets compare from the first epoch of which the log has every key; earlier versions are of
    another log and go in any case.
    """
    return (
        f"DELETE FROM {table.version_name} v "
        "USING unnest($1::uuid[], $2::int[], $3::int[], $4::bigint[]) "
        "AS e(key, epoch, partition, gone) "
        f"JOIN {table.db_schema}.{POSITION_TABLE} p "
        f"ON p.topic = '{table.topic}' AND p.partition = e.partition "
        f"WHERE v.{table.key} = e.key AND v.{PARTITION} = e.partition "
        f"AND (v.{OFFSET} < e.gone OR v.{EPOCH} < p.first_epoch)"
    )


def finish_versions(table: SinkTable) -> str:
    """Delete versions of a partition ($1) whose key a rebuild of epoch $2 did not find: erased.

    Versions of a found key stay, and so do those of a log that has lost keys.
    """
    return (
        f"DELETE FROM {table.version_name} v USING {table.db_schema}.{POSITION_TABLE} p "
        f"WHERE p.topic = '{table.topic}' AND p.partition = $1 AND v.{PARTITION} = $1 "
        f"AND v.{EPOCH} < $2 AND v.{EPOCH} >= p.first_epoch AND NOT EXISTS "
        f"(SELECT FROM {table.full_name} t WHERE t.{table.key} = v.{table.key})"
    )


def unverified_versions(table: SinkTable) -> str:
    """Count the versions, and those that no rebuild has found in the topic any more."""
    return (
        f"SELECT count(*) AS versions, count(*) FILTER (WHERE v.{EPOCH} < p.epoch) AS unverified "
        f"FROM {table.version_name} v JOIN {table.db_schema}.{POSITION_TABLE} p "
        f"ON p.topic = '{table.topic}' AND p.partition = v.{PARTITION}"
    )


def finish_rebuild(full_name: str) -> str:
    """Delete rows of a partition ($1) that a rebuild of epoch $2 did not find in the topic."""
    return f"DELETE FROM {full_name} WHERE {PARTITION} = $1 AND {EPOCH} < $2"


def read_positions(db_schema: str) -> str:
    """Select every position of the sink."""
    return (
        "SELECT topic, partition, next_offset, epoch, rebuild_until, noted_at, topic_id, "
        f"first_epoch FROM {db_schema}.{POSITION_TABLE}"
    )


def place(db_schema: str) -> str:
    """Set a position: the first of a partition, or the start of a rebuild."""
    return (
        f"INSERT INTO {db_schema}.{POSITION_TABLE} AS p "
        "(topic, partition, next_offset, epoch, rebuild_until, topic_id, first_epoch) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) "
        "ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset, "
        "epoch = excluded.epoch, rebuild_until = excluded.rebuild_until, "
        "topic_id = excluded.topic_id, first_epoch = excluded.first_epoch, noted_at = now()"
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
