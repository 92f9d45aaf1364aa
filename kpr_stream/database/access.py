"""Decide how a process reaches PostgreSQL: from the settings, or from the embedded stack's files.

Needs no database driver, so that every command starts without the extras.
"""

from __future__ import annotations

from urllib.parse import quote

from pydantic import SecretStr

from kpr_stream.home import stack_address, stored_login
from kpr_stream.settings import Settings


def postgres_dsn(settings: Settings, role: str) -> SecretStr:
    """Return the DSN of a database role: the setting, or the embedded server's.

    The embedded server's DSN carries the stored password. StackError or ConfigurationError if
    address or password are unknown.
    """
    if settings.postgres_dsn is not None:
        return settings.postgres_dsn
    address = stack_address(settings, "postgres")
    password = quote(stored_login(settings, "postgres", role).get_secret_value(), safe="")
    return SecretStr(f"postgresql://{quote(role, safe='')}:{password}@{address}")
