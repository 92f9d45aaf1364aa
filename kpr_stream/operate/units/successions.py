"""Across units: what a unit and its successor have both reported, and the orders to mark it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import asyncpg

from kpr_stream.database.access import postgres_dsn
from kpr_stream.database.connect import connect, failed
from kpr_stream.errors import UsageError
from kpr_stream.model.command import MOST_KEYS, CommandKind
from kpr_stream.model.words import System
from kpr_stream.operate.request import Order, Who
from kpr_stream.operate.units.contacts import OPERATOR
from kpr_stream.settings import Settings

_LEADS_TO = (
    "WITH RECURSIVE later(org_nr) AS (SELECT $1::text UNION SELECT s.new_org_nr"
    " FROM registry.succession AS s JOIN later ON s.old_org_nr = later.org_nr)"
    " SELECT 1 FROM later WHERE org_nr = $2"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A consultation that gives way, where its newest record lies, and the one that stands."""

    key: str
    org_nr: str
    system: System
    lane: int
    offset: int
    winner_key: str
    winner_org_nr: str


async def found_across(settings: Settings) -> list[Found]:
    """Everything that a unit and its successor have both reported, as the database has it."""
    rows = await _ask(
        settings,
        "SELECT consultation_key, org_nr, system, source_partition, source_offset, winner_key,"
        " winner_org_nr FROM content.found_across_units ORDER BY source_partition, source_offset",
    )
    return [
        Found(
            row["consultation_key"].hex,
            row["org_nr"],
            System(row["system"]),
            row["source_partition"],
            row["source_offset"],
            row["winner_key"].hex,
            row["winner_org_nr"],
        )
        for row in rows
    ]


async def succeed(settings: Settings, old: str, new: str, since: date, who: Who) -> None:
    """Register that a unit goes on under another org number; again: with another date.

    UsageError if the new number leads back to the old one: each of two records would give way to
    the other, and the consultation would count under none.
    """
    if await _ask(settings, _LEADS_TO, new, old):
        raise UsageError(
            f"{old} is registered as going on for {new} already: that would be a circle.",
            what_to_do=f"If that was wrong, run `kpr-stream across forget {new} {old}` first (or "
            "the pairs between them).",
        )
    await _ask(
        settings,
        "WITH kept AS (INSERT INTO registry.succession AS s"
        " (old_org_nr, new_org_nr, since, changed_by, reason) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (old_org_nr, new_org_nr) DO UPDATE SET since = EXCLUDED.since,"
        " changed_by = EXCLUDED.changed_by, reason = EXCLUDED.reason, changed_at = now()"
        " WHERE s.since <> EXCLUDED.since RETURNING old_org_nr, new_org_nr, since)"
        " INSERT INTO registry.succession_history"
        " (old_org_nr, new_org_nr, since, act, changed_by, reason)"
        " SELECT *, 'registered', $4, $5 FROM kept",
        *(old, new, since, who.account, who.reason),
    )


async def forget(settings: Settings, old: str, new: str, who: Who) -> bool:
    """Take a succession back; False if there was none. What was marked by it stays marked."""
    gone = await _ask(
        settings,
        "WITH gone AS (DELETE FROM registry.succession WHERE old_org_nr = $1 AND new_org_nr = $2"
        " RETURNING old_org_nr, new_org_nr, since)"
        " INSERT INTO registry.succession_history"
        " (old_org_nr, new_org_nr, since, act, changed_by, reason)"
        " SELECT *, 'forgotten', $3, $4 FROM gone RETURNING old_org_nr",
        *(old, new, who.account, who.reason),
    )
    return bool(gone)


async def keep_apart(settings: Settings, key: str, who: Who) -> None:
    """Note that a consultation is no repetition: the next run leaves it alone."""
    await _ask(
        settings,
        "INSERT INTO registry.not_across (consultation_key, changed_by, reason)"
        " VALUES ($1::text::uuid, $2, $3) ON CONFLICT DO NOTHING",
        *(key, who.account, who.reason),
    )


def marks(who: Who, found: Iterable[Found], ids: Iterable[str]) -> list[Order]:
    """The orders that mark these, for each unit and system as many as it takes. ``ids`` gives
    command ids, one each."""
    by_unit: dict[tuple[int, str, System], list[Found]] = {}
    for one in found:
        by_unit.setdefault((one.lane, one.org_nr, one.system), []).append(one)
    fresh = iter(ids)
    return [
        _order(next(fresh), who, part)
        for _, ones in sorted(by_unit.items())
        for part in (ones[at : at + MOST_KEYS] for at in range(0, len(ones), MOST_KEYS))
    ]


def _order(command_id: str, who: Who, part: Sequence[Found]) -> Order:
    first = part[0]
    arguments = {
        "keys": ",".join(one.key for one in part),
        "offsets": ",".join(str(one.offset) for one in part),
        "winners": ",".join(one.winner_key for one in part),
    }
    return Order(
        command_id, CommandKind.MARK, first.lane, who, first.org_nr, first.system, arguments
    )


async def _ask(settings: Settings, sql: str, *values: object) -> list[Any]:
    connection = await connect(settings, OPERATOR)
    try:
        return list(await connection.fetch(sql, *values))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as cause:
        raise failed(postgres_dsn(settings, OPERATOR), OPERATOR, cause) from cause
    finally:
        await connection.close()
