"""Name the schemas of a rebuild, and the sink that writes into the new one. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from kpr_stream.database.migrate import OWNER
from kpr_stream.sinks.tables import POSITION_TABLE, Sink

REBUILD_LOCK: Final = 0x100
"""Added to a sink's lock id: only one rebuild of a sink may run."""
WRITER_LOCK: Final = 0x200
"""Added to a sink's lock id: the rebuild's own writer, beside the live sink's."""


def new_schema(found: Sink) -> str:
    """Return the schema that a rebuild fills."""
    return f"{found.db_schema}_rebuild"


def old_schema(found: Sink) -> str:
    """Return the schema that the swapped-out tables are moved to."""
    return f"{found.db_schema}_replaced"


def beside(found: Sink) -> Sink:
    """Return the same sink, writing into the new schema as the owner of the database."""
    place = new_schema(found)
    return replace(
        found,
        db_schema=place,
        database_role=OWNER,
        lock_id=found.lock_id + WRITER_LOCK,
        tables=tuple(replace(table, db_schema=place) for table in found.tables),
        value_topics=tuple(
            replace(topic, tables=tuple(replace(one, db_schema=place) for one in topic.tables))
            for topic in found.value_topics
        ),
    )


def live_tables(found: Sink) -> dict[str, str]:
    """Return the schema of every table of a sink, by the table's name.

    The order is the one in which a batch writes them, so that a lock on all of them waits for a
    batch and never with it for each other.
    """
    schemas: dict[str, str] = {}
    for table in found.tables:
        schemas[table.name] = table.db_schema
        if table.history:
            schemas[f"{table.name}_version"] = table.db_schema
    for topic in found.value_topics:
        schemas |= {one.name: one.db_schema for one in topic.tables}
    return {**schemas, POSITION_TABLE: found.db_schema}


def live_names(found: Sink) -> list[str]:
    """Return schema and table of all tables of a sink."""
    return [f"{db_schema}.{name}" for name, db_schema in live_tables(found).items()]


def names_in(db_schema: str, found: Sink) -> list[str]:
    """Return schema and table of all tables of a sink, where a rebuild has them in one schema."""
    return [f"{db_schema}.{name}" for name in live_tables(found)]
