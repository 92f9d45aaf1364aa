"""Decide how a process reaches PostgreSQL: from the settings, or from the embedded stack's files.

Needs no database driver, so that every command starts without the extras.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs, quote, unquote, urlsplit

from pydantic import SecretStr

from kpr_stream.home import require_tls, stack_address, stored_login
from kpr_stream.settings import Settings

TLS_MODES: Final = ("require", "verify-ca", "verify-full")
"""Values of sslmode that connect with TLS or not at all."""


def postgres_dsn(settings: Settings, role: str) -> SecretStr:
    """Return the DSN of a database role: the setting, or the embedded server's.

    The embedded server's DSN carries the stored password. StackError or ConfigurationError if
    address or password are unknown, ConfigurationError for production without TLS.
    """
    dsn = settings.postgres_dsn if settings.postgres_dsn is not None else _embedded(settings, role)
    require_tls(
        settings,
        encrypted=uses_tls(dsn),
        what="PostgreSQL without TLS",
        how="Add ?sslmode=verify-full&sslrootcert=FILE to KPR_POSTGRES_DSN.",
    )
    return dsn


def _embedded(settings: Settings, role: str) -> SecretStr:
    address = stack_address(settings, "postgres")
    password = quote(stored_login(settings, "postgres", role).get_secret_value(), safe="")
    return SecretStr(f"postgresql://{quote(role, safe='')}:{password}@{address}")


def uses_tls(dsn: SecretStr) -> bool:
    """Return whether a DSN never sends anything in clear text over a network.

    ``sslmode=prefer``, the default, falls back to clear text. A Unix socket uses no network.
    """
    try:
        parts = urlsplit(dsn.get_secret_value())
    except ValueError:
        return False
    # As the driver reads it: the last of a repeated key, and `host` only without another host.
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    hosts = unquote(parts.netloc.rpartition("@")[2] or query.get("host", "")).split(",")
    if all(host.startswith("/") for host in hosts):
        return True
    return query.get("sslmode") in TLS_MODES
