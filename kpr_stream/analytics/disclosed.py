"""Write the entry of a disclosure before rows leave the register, and complete it afterwards.

The entry is committed at once, in a transaction of its own: a program that dies later has left an
entry without a completion (migration 0023).
"""

from __future__ import annotations

from enum import StrEnum

import asyncpg

from kpr_stream.analytics.purpose import Purpose


class DisclosureKind(StrEnum):
    """The command that lets rows out."""

    EXPORT = "export"
    EXPORT_REFRESH = "export_refresh"
    FREEZE = "freeze"
    TAIL = "tail"


async def begin_disclosure(
    connection: asyncpg.Connection, kind: DisclosureKind, purpose: Purpose, what: str
) -> int:
    """Write an entry and return its number. The connection must not be in a transaction.

    ``what`` names relations and filters, at most 500 letters.
    """
    sql = "SELECT analytics.begin_disclosure($1, $2, $3)"
    entry: int = await connection.fetchval(sql, kind.value, purpose.text, what)
    return entry


async def complete_disclosure(
    connection: asyncpg.Connection, entry: int, rows: int, manifest_sha256: str | None = None
) -> None:
    """Complete an entry of this login with the number of rows that left."""
    sql = "SELECT analytics.complete_disclosure($1, $2, $3)"
    await connection.execute(sql, entry, rows, manifest_sha256)
