"""Compare what a register holds of a nation with what the simulator says that it must hold.

Counts only, unit by unit: a nation of millions would not fit into memory record by record. That
every single record is right is what ``tests/end_to_end`` compares, with smaller nations.

Which of two systems is heard first decides whether an item is accepted, stale or superseded. A
backfill sends the older system's history first, the simulator sends day by day. So of a unit's
outcomes only what no order changes is compared: all its items, and those rejected. The rows at
the end must be the same in every order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg
import polars as pl
from polars import col

from kpr_stream.audit.balance import Balance, Unit
from kpr_stream.database.access import postgres_dsn
from kpr_stream.kafka.access import kafka_access
from kpr_stream.kafka.read_topic import read_all
from kpr_stream.model.topics import PARTITIONS, RECEIPT_TOPICS, Role
from kpr_stream.model.words import MessageType, Outcome
from kpr_stream.settings import Settings
from kpr_stream.simulate.nation.generate import TRUTH_FOLDER

Outcomes = dict[Unit, Counter[str]]
InAnyOrder = dict[Unit, tuple[int, int]]
"""Of each unit: all items, and those rejected."""
Rows = dict[tuple[str, str, str], int]
"""By message type, system and status."""


async def compared(settings: Settings, out: Path, expected: Mapping[str, Any]) -> dict[str, Any]:
    """Return totals, and where they differ from the simulator's; ``equal`` if nowhere.

    ``expected`` is the simulator's own summary.
    """
    receipts = dict.fromkeys(RECEIPT_TOPICS, PARTITIONS)
    books = Balance()
    async for record in read_all(kafka_access(settings, Role.ADMIN), receipts):
        books.add(record)
    wanted, rows = expected_outcomes(expected), await _rows(settings)
    units = differing(in_any_order(books.outcomes), in_any_order(wanted))
    kinds = differing(rows, expected_rows(out))
    twice = sum(times > 1 for times in books.receipts.values())
    return {
        "equal": not (units or kinds or twice),
        "items_by_outcome": dict(sum(books.outcomes.values(), Counter())),
        "items_by_outcome_day_by_day": dict(sum(wanted.values(), Counter())),
        "units": len(wanted),
        "units_that_differ": len(units),
        "deliveries": len(books.receipts),
        "deliveries_answered_twice": twice,
        "rows": {" ".join(kind): number for kind, number in sorted(rows.items())},
        "kinds_of_rows_that_differ": {" ".join(kind): pair for kind, pair in kinds.items()},
    }


def expected_outcomes(expected: Mapping[str, Any]) -> Outcomes:
    """Return the outcomes of each unit's items if they are sent day by day.

    Outcomes that do not occur are left out.
    """
    return {
        (system, org_nr): +Counter(unit["outcomes"])
        for system, one in expected["systems"].items()
        for org_nr, unit in one["units"].items()
        if unit["items_sent"]
    }


def in_any_order(outcomes: Outcomes) -> InAnyOrder:
    """Return what must be the same in whichever order the systems were heard."""
    return {
        unit: (counts.total(), counts[Outcome.REJECTED])
        for unit, counts in outcomes.items()
        if counts.total()
    }


def expected_rows(out: Path) -> Rows:
    """Return the number of rows of each kind."""
    records = pl.scan_parquet(out / TRUTH_FOLDER / "records" / "*.parquet")
    kind = ("message_type", "system", "status")
    found = records.filter(col("current")).group_by(kind).len().collect()
    return {(kind, system, status): n for kind, system, status, n in found.iter_rows()}


async def _rows(settings: Settings) -> Rows:
    database = await asyncpg.connect(postgres_dsn(settings, "content_sink").get_secret_value())
    try:
        return {
            (kind, row["system"], row["status"]): row["count"]
            for kind in (MessageType.CONSULTATION.value, MessageType.APPOINTMENT.value)
            for row in await database.fetch(
                f"SELECT system, status, count(*) FROM content.{kind} GROUP BY 1, 2"  # noqa: S608 - a name of ours
            )
        }
    finally:
        await database.close()


def differing(found: Mapping[Any, Any], expected: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return what differs: found and expected, None where one of them has nothing."""
    return {
        key: (found.get(key), expected.get(key))
        for key in found.keys() | expected.keys()
        if found.get(key) != expected.get(key)
    }
