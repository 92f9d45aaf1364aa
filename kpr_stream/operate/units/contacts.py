"""Keeps contacts: which function to call about a unit or a vendor, and when. No private persons."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kpr_stream.database.connect import fetch
from kpr_stream.errors import UsageError
from kpr_stream.model.identifiers import looks_like_an_id
from kpr_stream.operate.request import Requester
from kpr_stream.settings import Settings

OPERATOR = "operator"
"""Database role of the operators."""
_PHONE = re.compile(r"(00|\+)?(?:[ ()-]*\d){0,10}[ ()-]*", re.ASCII)
"""At most ten digits after 00 or +: a national id has eleven."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One way to reach a party: a unit by its org number, or a vendor by its system."""

    party: str
    name: str
    phone: str
    email: str
    hours: str
    """When the contact answers, in words."""
    changed_by: str
    reason: str


def make_contact(
    party: str, requester: Requester, *, name: str, phone: str, email: str, hours: str
) -> Contact:
    """Make the contact of a party.

    UsageError if the contact has no name or no way to reach it, or looks as if it names a person
    by a national id.
    """
    if not (name.strip() and (phone.strip() or email.strip())):
        raise UsageError(
            "A contact needs a name, and a telephone or an e-mail.",
            what_to_do="Give the function that answers with --name, and --phone or --email.",
        )
    # The phone number has a pattern of its own: with a country code it may have eleven digits too.
    if not _PHONE.fullmatch(phone) or any(map(looks_like_an_id, (name, email, hours))):
        raise UsageError(
            "The telephone is not a valid number, or the contact contains what looks like a "
            "national id.",
            what_to_do="Name a function and how to reach it, as +47 21 00 00 00.",
        )
    return Contact(
        party=party,
        name=name,
        phone=phone,
        email=email,
        hours=hours,
        changed_by=requester.account,
        reason=requester.reason,
    )


async def all_contacts(settings: Settings) -> list[dict[str, Any]]:
    """Return party, name and e-mail of every contact, sorted by party."""
    rows = await fetch(
        settings, OPERATOR, "SELECT party, name, email FROM registry.contact ORDER BY party"
    )
    return [dict(row) for row in rows]


async def contacts_of(settings: Settings, parties: Sequence[str]) -> list[dict[str, Any]]:
    """Return the contacts of some parties, sorted by party."""
    rows = await fetch(
        settings,
        OPERATOR,
        "SELECT party, name, phone, email, hours, changed_by, reason, changed_at"
        " FROM registry.contact WHERE party = ANY($1::text[]) ORDER BY party",
        list(parties),
    )
    return [dict(row) for row in rows]


async def remove_contact(settings: Settings, party: str, requester: Requester) -> bool:
    """Remove a party's contact; False if it has none. The history keeps it, and who removed it."""
    [row] = await fetch(
        settings,
        OPERATOR,
        "SELECT registry.remove_contact($1, $2, $3)",
        *(party, requester.account, requester.reason),
    )
    return bool(row[0])


async def keep_contact(settings: Settings, contact: Contact) -> None:
    """Store a party's contact. The history keeps the one before, with account and reason."""
    columns = tuple(asdict(contact))
    await fetch(
        settings,
        OPERATOR,
        f"INSERT INTO registry.contact ({', '.join(columns)})"  # noqa: S608 - names of ours
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (party) DO UPDATE SET "
        + ", ".join(f"{name} = EXCLUDED.{name}" for name in columns[1:])
        + ", changed_at = now()",
        *asdict(contact).values(),
    )
