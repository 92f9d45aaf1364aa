"""Load the reference data into the database: all tables of one version, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg

from kpr_stream.database.connect import session
from kpr_stream.database.migrate import LOCK_ID, OWNER
from kpr_stream.database.reference_rows import reference_tables
from kpr_stream.reference import Reference
from kpr_stream.settings import Settings


@dataclass(frozen=True, slots=True)
class LoadedReference:
    """The version that the database holds now."""

    version: str
    changed: bool
    """False if it held this version already."""


async def load_into_database(settings: Settings, reference: Reference) -> LoadedReference:
    """Replace what the schema ``reference`` holds, unless it is this version already.

    Readers see the old tables until the new ones are whole.
    """
    async with session(settings, OWNER) as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK_ID)
        changed = await _replace(connection, reference)
    return LoadedReference(reference.version, changed)


async def _replace(connection: asyncpg.Connection, reference: Reference) -> bool:
    held = await connection.fetchval("SELECT version FROM reference.version")
    if held == reference.version:
        return False
    await connection.execute("DELETE FROM reference.version")
    for table in reference_tables(reference):
        await connection.execute(f"DELETE FROM reference.{table.name}")  # noqa: S608 - our names
        await connection.copy_records_to_table(
            table.name,
            schema_name="reference",
            columns=table.rows.columns,
            records=table.rows.iter_rows(),
        )
    await connection.execute(
        "INSERT INTO reference.version (version, valid_from) VALUES ($1, $2)",
        reference.version,
        reference.valid_from,
    )
    return True
