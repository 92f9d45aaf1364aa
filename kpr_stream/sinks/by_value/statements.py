"""Make the SQL of these tables. Pure; every name comes from our own tables."""

# ruff: noqa: S608 - no value from outside enters a statement

from __future__ import annotations

from kpr_stream.sinks.by_value.tables import ValueTable, ValueTopic
from kpr_stream.sinks.source import EPOCH, OFFSET


def add_rows(table: ValueTable) -> str:
    """Insert rows ($1: JSON); a row that is there already stays as it is."""
    return (
        f"INSERT INTO {table.full_name} "
        f"SELECT * FROM {_rows(table)} AS added ON CONFLICT DO NOTHING"
    )


def remove_rows(table: ValueTable) -> str:
    """Delete the rows of keys ($1: JSON) that were written before: replaced or erased."""
    same = " AND ".join(f"kept.{name} = later.{name}" for name in table.unique)
    return (
        f"DELETE FROM {table.full_name} kept USING {_rows(table)} AS later "
        f"WHERE {same} AND (kept.{EPOCH}, kept.{OFFSET}) < (later.{EPOCH}, later.{OFFSET})"
    )


def own_rows(topic: ValueTopic, alias: str) -> str:
    """Return the condition that finds this topic's rows in a table of several topics."""
    found = [f"{alias}.{name} = '{value}'" for name, value in topic.own.items()]
    return " AND ".join(found) or "true"


def _rows(table: ValueTable) -> str:
    return f"jsonb_populate_recordset(NULL::{table.full_name}, $1::text::jsonb)"
