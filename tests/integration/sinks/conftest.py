"""A fresh, migrated database in the embedded stack."""

from __future__ import annotations

import asyncpg
import pytest
from pydantic import SecretStr

from kpr_stream.database.access import postgres_dsn
from kpr_stream.database.migrate import SCHEMAS, migrate
from kpr_stream.home import stack_address
from kpr_stream.settings import Settings


class Database:
    """The stack's database, with empty tables of this release."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def with_login(self, role: str, password: str) -> Settings:
        """Settings of a process that comes as ``role`` with a password of its own."""
        address = stack_address(self.settings, "postgres")
        dsn = SecretStr(f"postgresql://{role}:{password}@{address}")
        return self.settings.model_copy(update={"postgres_dsn": dsn})

    async def connect(self, role: str) -> asyncpg.Connection:
        """A connection as ``role``."""
        return await asyncpg.connect(postgres_dsn(self.settings, role).get_secret_value())

    async def fetch(self, role: str, sql: str, *values: str) -> list[asyncpg.Record]:
        """Rows, as ``role`` sees them."""
        connection = await self.connect(role)
        try:
            return list(await connection.fetch(sql, *values))
        finally:
            await connection.close()


async def empty_database(settings: Settings) -> Database:
    """Empty tables, owned by kpr_owner; none that a rebuild has kept."""
    made = Database(settings)
    names = [*SCHEMAS, *(f"{schema}_replaced" for schema in SCHEMAS)]
    await made.fetch("kpr_owner", f"DROP SCHEMA IF EXISTS {', '.join(names)} CASCADE")
    await migrate(settings)
    return made


@pytest.fixture
async def database(stack: Settings) -> Database:
    """Empty tables, owned by kpr_owner."""
    return await empty_database(stack)
