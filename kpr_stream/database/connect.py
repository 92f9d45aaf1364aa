"""Connect to PostgreSQL as one role, and report what a failure means."""

from __future__ import annotations

from urllib.parse import urlsplit

import asyncpg
from pydantic import SecretStr

from kpr_stream.database.access import postgres_dsn
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


async def connect(settings: Settings, role: str) -> asyncpg.Connection:
    """Return a connection as ``role``; DatabaseError names the server, the role and the cause."""
    dsn = postgres_dsn(settings, role)
    try:
        return await asyncpg.connect(
            dsn.get_secret_value(),
            timeout=CONNECT_TIMEOUT_S,
            server_settings={"application_name": f"kpr-stream {role}", **_NOTICE_LOSS},
        )
    except asyncpg.ClientConfigurationError:
        # Not quoted: in a DSN that cannot be parsed, any part may be the password.
        raise DatabaseError(
            "KPR_POSTGRES_DSN is not a valid address of a PostgreSQL server.",
            what_to_do="Write it as postgresql://user:password@host:port/database.",
        ) from None
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as cause:
        raise failed(dsn, role, cause) from cause


def failed(dsn: SecretStr, role: str, cause: BaseException) -> DatabaseError:
    """Return the error of a failure: place, role and what to do, never a value from a row."""
    where = f"PostgreSQL at {_place(dsn)}"
    if isinstance(cause, asyncpg.InvalidAuthorizationSpecificationError):
        return DatabaseError(
            f"{where} refuses the login of {role}.",
            what_to_do="Check the password in KPR_POSTGRES_DSN and that the role may log in.",
        )
    if isinstance(cause, asyncpg.InsufficientPrivilegeError):
        return DatabaseError(
            f"{where} does not allow {role} to do this: {cause.args[0]}.",
            what_to_do="Run `kpr-stream migrate`, which grants what each role needs.",
        )
    if isinstance(cause, (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError)):
        return DatabaseError(
            f"{where} lacks a table of this release.", what_to_do="Run `kpr-stream migrate`."
        )
    if isinstance(cause, asyncpg.InvalidCatalogNameError):
        return DatabaseError(
            f"{where} has no database of that name.",
            what_to_do="Check the database at the end of KPR_POSTGRES_DSN.",
        )
    kind = type(cause).__name__
    if isinstance(cause, (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError)):
        return DatabaseError(
            f"{where} cannot be reached by {role} ({kind}).",
            what_to_do="Check that it runs (`kpr-stream status`) and that the address is right.",
        )
    return DatabaseError(
        f"{where} failed a statement of {role} ({kind}).",
        what_to_do="See the server's log for the statement and the time.",
    )


def _place(dsn: SecretStr) -> str:
    parts = urlsplit(dsn.get_secret_value())
    return f"{parts.netloc.rpartition('@')[2] or 'its socket'}{parts.path}"
