"""Connect to PostgreSQL as one role, and report what a failure means."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg
from pydantic import SecretStr

from kpr_stream.database.access import postgres_dsn
from kpr_stream.database.environment import require_database
from kpr_stream.database.transient import FAILURES, NOT_THE_PRIMARY, describe
from kpr_stream.errors import DatabaseError
from kpr_stream.settings import Settings

CONNECT_TIMEOUT_S = 10.0
"""A server that does not answer the login must not block a process without a word."""
_NOTICE_LOSS = {
    "client_connection_check_interval": "1s",
    "tcp_keepalives_idle": "60",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
"""A session whose process died ends within a second, also in the middle of a statement. A session
whose network died ends after 90 s (with the system's own keepalives: 2 h). So do its locks."""


async def connect(settings: Settings, role: str, *, unmarked: bool = False) -> asyncpg.Connection:
    """Return a connection as ``role``; DatabaseError names the server, the role and the cause.

    EnvironmentMismatchError if the database is of another environment than this process.
    ``unmarked``: also accept one that has no mark, because the caller will mark it.
    """
    dsn = postgres_dsn(settings, role)
    try:
        connection = await asyncpg.connect(
            dsn.get_secret_value(),
            timeout=CONNECT_TIMEOUT_S,
            server_settings={"application_name": f"kpr-stream {role}", **_NOTICE_LOSS},
        )
    except asyncpg.ClientConfigurationError:
        # Not quoted: in a DSN that cannot be parsed, any part may be the password.
        raise DatabaseError(
            "KPR_POSTGRES_DSN is not a valid address of a PostgreSQL server.",
            what_to_do="Write it as postgresql://user:password@host:port/database; with "
            "?sslmode=verify-full also &sslrootcert=FILE, the certificate authority.",
        ) from None
    except (*FAILURES, ValueError) as cause:
        raise failed(dsn, role, cause) from cause
    try:
        ours = settings.environment
        await require_database(connection, place(dsn), ours, unmarked=unmarked)
    except BaseException as cause:
        connection.terminate()
        if isinstance(cause, FAILURES):
            raise failed(dsn, role, cause) from cause
        raise
    return connection


@asynccontextmanager
async def session(
    settings: Settings, role: str, *, unmarked: bool = False
) -> AsyncIterator[asyncpg.Connection]:
    """Yield a connection and close it. DatabaseError also for what fails inside the block."""
    connection = await connect(settings, role, unmarked=unmarked)
    try:
        yield connection
    except FAILURES as cause:
        raise failed(postgres_dsn(settings, role), role, cause) from cause
    finally:
        await connection.close()


async def fetch(settings: Settings, role: str, sql: str, *values: object) -> list[asyncpg.Record]:
    """Execute one statement as ``role``; return its rows. DatabaseError if it fails."""
    async with session(settings, role) as connection:
        return list(await connection.fetch(sql, *values))


def failed(dsn: SecretStr, role: str, cause: BaseException) -> DatabaseError:
    """Return the error of a failure: place, role and what to do, never a value from a row."""
    known = (text for kinds, *text in _FAILED if isinstance(cause, kinds))
    text, what_to_do = next(known, _OTHERWISE)
    refused = isinstance(cause, asyncpg.InsufficientPrivilegeError)
    why = cause.args[0] if refused else describe(cause)
    return DatabaseError(f"{place(dsn)} {text.format(role=role, why=why)}", what_to_do=what_to_do)


_FAILED: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str, str], ...] = (
    (
        asyncpg.InvalidAuthorizationSpecificationError,
        "refuses the login of {role}.",
        "Check the password in KPR_POSTGRES_DSN and that the role may log in.",
    ),
    (
        asyncpg.InsufficientPrivilegeError,
        "does not allow {role} to do this: {why}.",
        "Run `kpr-stream migrate`, which grants what each role needs.",
    ),
    (
        (
            asyncpg.UndefinedTableError,
            asyncpg.UndefinedColumnError,
            asyncpg.InvalidSchemaNameError,
        ),
        "lacks a table or a column of this release.",
        "Run `kpr-stream migrate`.",
    ),
    (
        asyncpg.InvalidCatalogNameError,
        "has no database of that name.",
        "Check the database at the end of KPR_POSTGRES_DSN.",
    ),
    (
        (asyncpg.ReadOnlySQLTransactionError, *NOT_THE_PRIMARY),
        "takes no changes from {role} ({why}).",
        "Wait for the failover to end, or point KPR_POSTGRES_DSN at the server that takes writes.",
    ),
    (
        asyncpg.LockNotAvailableError,
        "has what {role} needs locked by another session ({why}).",
        "Find the session in pg_locks and pg_stat_activity; end it if it hangs.",
    ),
    (
        (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError),
        "cannot be reached by {role} ({why}).",
        "Check that it runs (`kpr-stream status`) and that the address is right.",
    ),
)
"""Kinds of failure, the text of each, and what to do; the first that fits counts."""
_OTHERWISE = [
    "failed a statement of {role} ({why}).",
    "See the server's log for the statement and the time.",
]


def place(dsn: SecretStr) -> str:
    """Return how messages name the database: its server and name, without the login."""
    parts = urlsplit(dsn.get_secret_value())
    return f"PostgreSQL at {parts.netloc.rpartition('@')[2] or 'its socket'}{parts.path}"
