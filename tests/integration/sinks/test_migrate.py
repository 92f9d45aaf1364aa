"""Migrations on a real server."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from kpr_stream.analytics.migrate import Migration, apply, migrate
from kpr_stream.errors import ConfigurationError, DatabaseError
from tests.integration.sinks.conftest import Database


async def test_a_second_run_applies_nothing(database: Database) -> None:
    assert await migrate(database.settings("kpr_owner")) == []


async def test_a_failing_file_leaves_nothing_behind(database: Database) -> None:
    dsn = database.settings("kpr_owner").postgres_dsn
    assert dsn is not None
    connection = await asyncpg.connect(dsn.get_secret_value())
    bad = Migration(9999, "9999_bad.sql", "CREATE TABLE content.half (); SELECT 1/0;")
    known = await connection.fetch("SELECT version, name FROM kpr.migration")
    try:
        with pytest.raises(ConfigurationError, match="does not know"):
            await apply(connection, (bad,))
        await connection.execute("DELETE FROM kpr.migration")
        with pytest.raises(asyncpg.DivisionByZeroError):
            await apply(connection, (bad,))
        assert await connection.fetchval("SELECT to_regclass('content.half')") is None
        assert await connection.fetch("SELECT 1 FROM kpr.migration") == []
    finally:
        await connection.close()
    assert [r["name"] for r in known] == ["0001_content_and_identity.sql"]


async def test_who_may_not_create_is_told(database: Database) -> None:
    settings = database.settings("analyst")
    with pytest.raises(DatabaseError, match="does not allow"):
        await migrate(settings)


async def test_missing_roles_are_named(server: Any, database: Database) -> None:
    server.psql("ALTER ROLE identity_sink RENAME TO elsewhere;")
    try:
        with pytest.raises(ConfigurationError, match="no role identity_sink"):
            await migrate(database.settings("kpr_owner"))
    finally:
        server.psql(
            "ALTER ROLE elsewhere RENAME TO identity_sink;"
            "ALTER ROLE identity_sink PASSWORD 'secret-identity_sink';"
        )
