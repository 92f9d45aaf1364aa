"""Migrations on a real server."""

from __future__ import annotations

import asyncpg
import pytest

from kpr_stream.database.access import postgres_dsn
from kpr_stream.database.migrate import Migration, apply, migrate, shipped
from kpr_stream.errors import ConfigurationError, DatabaseError
from tests.integration.sinks.conftest import Database


async def test_a_second_run_applies_nothing(database: Database) -> None:
    assert await migrate(database.settings) == []


async def test_a_failing_file_leaves_nothing_behind(database: Database) -> None:
    connection = await database.connect("kpr_owner")
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
    assert sorted(r["name"] for r in known) == [m.name for m in shipped()]


async def test_who_may_not_create_is_told(database: Database) -> None:
    as_analyst = postgres_dsn(database.settings, "analyst")
    settings = database.settings.model_copy(update={"postgres_dsn": as_analyst})
    with pytest.raises(DatabaseError, match="does not allow"):
        await migrate(settings)


async def test_missing_roles_are_named(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpr_stream.database.migrate.ROLES", ("analyst", "nobody_yet"))
    with pytest.raises(ConfigurationError, match="no role nobody_yet"):
        await migrate(database.settings)
