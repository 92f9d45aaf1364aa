"""Whom to call about a unit or a vendor: functions and support hours, not private persons."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import asyncpg

from kpr_stream.database.access import postgres_dsn
from kpr_stream.database.connect import connect, failed
from kpr_stream.errors import UsageError
from kpr_stream.model.identifiers import looks_like_an_id
from kpr_stream.model.words import SYSTEMS
from kpr_stream.operate.request import Who, unit_called
from kpr_stream.settings import Settings

OPERATOR = "operator"
"""Database role of those who operate the register."""
_PHONE = re.compile(r"(00|\+)?(?:[ ()-]*\d){0,10}[ ()-]*", re.ASCII)
"""At most ten digits after 00 or +: a national id has eleven."""


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


def contact_called(
    party: str, who: Who, *, name: str, phone: str, email: str, hours: str
) -> Contact:
    """A contact that can be called; UsageError if it cannot be, or names a person by a number."""
    if party not in SYSTEMS and not party.isdigit():
        raise UsageError(
            "A contact is of a unit or of a vendor.",
            what_to_do=f"Name an org number, nine digits, or one of {', '.join(SYSTEMS)}.",
        )
    known = party if party in SYSTEMS else unit_called(party)
    if not (name.strip() and (phone.strip() or email.strip())):
        raise UsageError(
            "A contact needs a name, and a telephone or an e-mail.",
            what_to_do="Say who answers with --name, and how with --phone or --email.",
        )
    # A telephone with its country's number may have eleven digits, too.
    if not _PHONE.fullmatch(phone) or any(map(looks_like_an_id, (name, email, hours))):
        raise UsageError(
            "The telephone is none, or the contact holds what looks like a national id.",
            what_to_do="Name a function and how to reach it, as +47 21 00 00 00.",
        )
    return Contact(known, name, phone, email, hours, who.account, who.reason)


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
