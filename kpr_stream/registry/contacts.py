"""Whom to call about a unit or a vendor: functions and support hours, not private persons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import asyncpg

from kpr_stream.access import postgres_dsn
from kpr_stream.analytics.database import connect, failed
from kpr_stream.settings import Settings

OPERATOR = "operator"
"""Database role of those who operate the register."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One way to reach a party: a unit by its org number, or a vendor by its system."""

    party: str
    name: str
    phone: str
    email: str
    hours: str
    """When somebody answers, in words."""
    changed_by: str
    reason: str


async def contacts_of(settings: Settings, parties: Sequence[str]) -> list[dict[str, Any]]:
    """The contacts of some parties, in their order."""
    connection = await connect(settings, OPERATOR)
    try:
        rows = await connection.fetch(
            "SELECT party, name, phone, email, hours, changed_by, reason, changed_at"
            " FROM registry.contact WHERE party = ANY($1::text[]) ORDER BY party",
            list(parties),
        )
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as cause:
        raise failed(postgres_dsn(settings, OPERATOR), OPERATOR, cause) from cause
    finally:
        await connection.close()
    return [dict(row) for row in rows]


async def keep_contact(settings: Settings, contact: Contact) -> None:
    """Keep a party's contact; the one before stays in the history, with who and why."""
    connection = await connect(settings, OPERATOR)
    columns = tuple(asdict(contact))
    try:
        await connection.execute(
            f"INSERT INTO registry.contact ({', '.join(columns)})"  # noqa: S608 - names of ours
            " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (party) DO UPDATE SET "
            + ", ".join(f"{name} = EXCLUDED.{name}" for name in columns[1:])
            + ", changed_at = now()",
            *asdict(contact).values(),
        )
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as cause:
        raise failed(postgres_dsn(settings, OPERATOR), OPERATOR, cause) from cause
    finally:
        await connection.close()
