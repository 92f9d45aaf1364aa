"""Roles of the real database: every login by password, and no right before a migration."""

from __future__ import annotations

import stat

import asyncpg
import pytest

from kpr_stream.database.access import postgres_dsn
from kpr_stream.database.migrate import OWNER
from kpr_stream.embedded.credentials import ROLES, SUPERUSER
from kpr_stream.home import CREDENTIALS_FILE, KEYRING_FILE, PUBLIC_KEY_FILE
from kpr_stream.settings import Settings


async def ask(dsn: str, sql: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


@pytest.mark.parametrize("role", [SUPERUSER, *ROLES])
async def test_every_role_logs_in_with_its_password_and_with_no_other(
    stack: Settings, role: str
) -> None:
    dsn = postgres_dsn(stack, role).get_secret_value()
    assert await ask(dsn, "SELECT current_user || '@' || current_database()") == f"{role}@kpr"
    address = dsn.partition("@")[2]
    for wrong in (f"{role}:wrong", f"{role}:"):
        with pytest.raises(asyncpg.InvalidPasswordError):
            await ask(f"postgresql://{wrong}@{address}", "SELECT 1")


@pytest.mark.parametrize("role", [r for r in ROLES if r != OWNER])
async def test_only_the_owner_makes_schemas_and_nobody_enters_another_database(
    stack: Settings, role: str
) -> None:
    dsn = postgres_dsn(stack, role).get_secret_value()
    for sql in ("CREATE SCHEMA mine", "CREATE TABLE public.mine (x int)"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await ask(dsn, sql)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await ask(dsn.removesuffix("/kpr") + "/postgres", "SELECT 1")


async def test_the_owner_owns_the_database_and_is_no_superuser(stack: Settings) -> None:
    dsn = postgres_dsn(stack, OWNER).get_secret_value()
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'kpr'"
    assert await ask(dsn, owner) == OWNER
    assert await ask(dsn, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False


def test_secrets_are_readable_by_their_owner_only(stack: Settings) -> None:
    def mode(name: str) -> int:
        return stat.S_IMODE((stack.home / name).stat().st_mode)

    assert mode(CREDENTIALS_FILE) == mode(KEYRING_FILE) == 0o600
    assert mode("kafka/server.properties") == mode("kafka/kafka.args") == 0o600
    assert mode(PUBLIC_KEY_FILE) == 0o644
    assert stat.S_IMODE(stack.home.stat().st_mode) == 0o700
