"""Across units: what a unit and its successor have both reported, and the orders to mark it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import asyncpg

from kpr_stream.access import postgres_dsn
from kpr_stream.analytics.database import connect, failed
from kpr_stream.model.command import CommandKind
from kpr_stream.model.words import System
from kpr_stream.operate.order import Order, Who
from kpr_stream.processor.command_mark import MOST_KEYS
from kpr_stream.registry.contacts import OPERATOR
from kpr_stream.settings import Settings


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
    """Register that a unit goes on under another org number."""
    await _ask(
        settings,
        "INSERT INTO registry.succession (old_org_nr, new_org_nr, since, changed_by, reason)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        *(old, new, since, who.account, who.reason),
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
