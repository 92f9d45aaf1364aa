"""The environment that a database is marked as: read it, check it, set it once."""

from __future__ import annotations

from typing import Final

import asyncpg

from kpr_stream.errors import EnvironmentMismatchError
from kpr_stream.model.environment import Environment, require_environment

HOW_TO_MARK: Final = "`kpr-stream migrate`, for a database with rows `kpr-stream migrate --adopt`"
_NOT_MARKED: Final = (
    asyncpg.UndefinedTableError,
    asyncpg.InvalidSchemaNameError,
    asyncpg.InsufficientPrivilegeError,
)
"""Before migration 8 there is no mark, and roles may not look into its schema."""
_HOLDS_ROWS: Final = """
SELECT EXISTS (SELECT FROM content.consultation) OR EXISTS (SELECT FROM content.appointment)
    OR EXISTS (SELECT FROM identity.identity)
"""


async def require_database(
    connection: asyncpg.Connection, place: str, ours: Environment, *, unmarked: bool = False
) -> None:
    """Raise EnvironmentMismatchError if the database is of another environment than this process.

    ``unmarked``: also accept a database without a mark, because the caller will mark it.
    """
    marked = await _marks(connection)
    if marked or not unmarked:
        require_environment(place, marked, ours, how_to_mark=HOW_TO_MARK)


async def mark_database(
    connection: asyncpg.Connection, place: str, ours: Environment, *, adopt: bool
) -> None:
    """Mark a database that has no mark yet. It must be migrated; the caller is its owner.

    EnvironmentMismatchError in production if it already holds rows: they may be test data.
    ``adopt`` says that they are not.
    """
    if not await _marks(connection):
        if ours is Environment.PRODUCTION and not adopt and await connection.fetchval(_HOLDS_ROWS):
            raise EnvironmentMismatchError(
                f"{place} holds rows and is not marked as test or production, and this process "
                f"runs with KPR_ENVIRONMENT={ours}.",
                what_to_do="If these are the register's own rows: `kpr-stream migrate --adopt`. "
                "Test data must not be marked so.",
            )
        await connection.execute(
            "INSERT INTO kpr.environment (name) VALUES ($1) ON CONFLICT DO NOTHING", ours.value
        )
    await require_database(connection, place, ours)


async def _marks(connection: asyncpg.Connection) -> list[str]:
    try:
        return [row["name"] for row in await connection.fetch("SELECT name FROM kpr.environment")]
    except _NOT_MARKED:
        return []
