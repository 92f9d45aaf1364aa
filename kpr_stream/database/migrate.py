"""Apply schema changes: SQL files in order, each once, in one transaction with its record.

An applied file never changes; the next change is a new file. ``kpr_owner`` applies them and owns
everything in the database. The roles it grants rights to must exist.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files

import asyncpg

from kpr_stream.database.access import postgres_dsn
from kpr_stream.database.connect import place, session
from kpr_stream.database.environment import mark_database
from kpr_stream.errors import ConfigurationError
from kpr_stream.settings import Settings

OWNER = "kpr_owner"
ROLES = ("content_sink", "identity_sink", "analyst", "municipality", "operator", "privacy")
"""Roles that rights are granted to. The server's administrator creates them with passwords."""
SCHEMAS = (
    *("analytics", "content", "identity", "reference", "registry", "reporting", "rights", "kpr"),
)
"""Every schema that a migrated database has."""
LOCK_ID = 0x6B70_7200
"""Advisory lock: two runs at the same time wait for each other."""

_FILE_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_RECORD_TABLE = """
CREATE SCHEMA IF NOT EXISTS kpr;
CREATE TABLE IF NOT EXISTS kpr.migration (
    version integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file. ``checksum`` is the SHA-256 of its text."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """Return the digest that shows whether a file was changed after it was applied."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def shipped() -> tuple[Migration, ...]:
    """Return the migrations of this release, in order."""
    folder = files("kpr_stream.database").joinpath("migrations")
    found = (
        Migration(int(match[1]), file.name, file.read_text("utf-8"))
        for file in folder.iterdir()
        if (match := _FILE_NAME.fullmatch(file.name))
    )
    return tuple(sorted(found, key=lambda m: m.version))


def pending(
    all_migrations: tuple[Migration, ...], applied: dict[int, tuple[str, str]]
) -> tuple[Migration, ...]:
    """Return what is still to apply, given version → (name, checksum) of what was applied.

    ConfigurationError if an applied file was changed, or is not of this release.
    """
    known = {m.version: m for m in all_migrations}
    for version, (name, checksum) in sorted(applied.items()):
        if version not in known:
            raise ConfigurationError(
                f"The database has migration {name}, which this release does not know.",
                what_to_do="Use the release that applied it, or a newer one.",
            )
        if known[version].checksum != checksum:
            raise ConfigurationError(
                f"Migration {known[version].name} was changed after it was applied.",
                what_to_do="Restore the file and put the change into a new one.",
            )
    return tuple(m for m in all_migrations if m.version not in applied)


async def migrate(settings: Settings, *, adopt: bool = False) -> list[str]:
    """Bring the database to this release; return the names of the files applied, in order.

    Marks it with our environment, unless it is marked. EnvironmentMismatchError if it is of
    another one, or in production if it holds rows and no mark; ``adopt`` marks it all the same.
    """
    where = place(postgres_dsn(settings, OWNER))
    async with session(settings, OWNER, unmarked=True) as connection:
        applied = await apply(connection, shipped())
        await mark_database(connection, where, settings.environment, adopt=adopt)
    return applied


async def apply(connection: asyncpg.Connection, all_migrations: tuple[Migration, ...]) -> list[str]:
    """Apply what is pending, under the lock; return the names of the files applied."""
    await connection.execute("SELECT pg_advisory_lock($1)", LOCK_ID)
    try:
        await _require_roles(connection)
        await connection.execute(_RECORD_TABLE)
        rows = await connection.fetch("SELECT version, name, checksum FROM kpr.migration")
        todo = pending(all_migrations, {r["version"]: (r["name"], r["checksum"]) for r in rows})
        for migration in todo:
            async with connection.transaction():
                await connection.execute(migration.sql)
                await connection.execute(
                    "INSERT INTO kpr.migration (version, name, checksum) VALUES ($1, $2, $3)",
                    migration.version,
                    migration.name,
                    migration.checksum,
                )
        return [m.name for m in todo]
    finally:
        if not connection.is_closed():
            await connection.execute("SELECT pg_advisory_unlock($1)", LOCK_ID)


async def _require_roles(connection: asyncpg.Connection) -> None:
    rows = await connection.fetch(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY($1::text[])", list(ROLES)
    )
    missing = sorted(set(ROLES) - {r["rolname"] for r in rows})
    if missing:
        raise ConfigurationError(
            f"The database server has no role {', '.join(missing)}.",
            what_to_do="Have an administrator run CREATE ROLE … LOGIN PASSWORD … for each, "
            "then `kpr-stream migrate` again.",
        )
