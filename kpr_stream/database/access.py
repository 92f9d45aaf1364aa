"""Decide how a process reaches PostgreSQL: from the settings, or from the embedded stack's files.

Needs no database driver, so that every command starts without the extras.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs, quote, unquote, urlsplit

from pydantic import SecretStr

from kpr_stream.errors import ConfigurationError
from kpr_stream.home import stack_address, stored_login
from kpr_stream.settings import Environment, Settings

TLS_MODES: Final = ("require", "verify-ca", "verify-full")
"""Values of sslmode that connect with TLS or not at all."""


def postgres_dsn(settings: Settings, role: str) -> SecretStr:
    """Return the DSN of a database role: the setting, or the embedded server's.

    The embedded server's DSN carries the stored password. StackError or ConfigurationError if
    address or password are unknown, ConfigurationError for production without TLS.
    """
    if settings.postgres_dsn is not None:
        _require_tls(settings, settings.postgres_dsn)
        return settings.postgres_dsn
    address = stack_address(settings, "postgres")
    password = quote(stored_login(settings, "postgres", role).get_secret_value(), safe="")
    dsn = SecretStr(f"postgresql://{quote(role, safe='')}:{password}@{address}")
    _require_tls(settings, dsn)
    return dsn


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


def _require_tls(settings: Settings, dsn: SecretStr) -> None:
    production = settings.environment is Environment.PRODUCTION
    if production and not settings.allow_plaintext_in_production and not uses_tls(dsn):
        raise ConfigurationError(
            "KPR_ENVIRONMENT=production does not use PostgreSQL without TLS.",
            what_to_do="Add ?sslmode=verify-full&sslrootcert=FILE to KPR_POSTGRES_DSN. Only where "
            "the network itself is protected: KPR_ALLOW_PLAINTEXT_IN_PRODUCTION=true.",
        )
