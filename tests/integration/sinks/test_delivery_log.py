"""Receipts and states in the database, and what is read of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from kpr_stream.sinks.by_value.batch import value_write
from kpr_stream.sinks.position import ASKED_FOR, LogState, Position, rebuilt, step
from kpr_stream.sinks.store import SinkStore
from kpr_stream.sinks.tables import SinkKind, sink
from tests.integration.sinks.conftest import Database
from tests.integration.sinks.taking import START, opened, take
from tests.support.sink_records import Incoming, consultation, incoming
from tests.support.sql_examples import sql_examples
from tests.support.value_records import (
    AT,
    LANE,
    TEXT,
    TOPIC_OF,
    item,
    quarantine_state,
    receipt,
    received,
    unit_state,
)

UNIT = "974767880"
TOPICS = {one.topic: one for one in sink(SinkKind.CONTENT).value_topics}


async def store_records(
    store: SinkStore, kind: str, records: Sequence[Incoming], before: Position = START
) -> Position:
    """Write records of one lane, as the sink does; the position after them."""
    topic = TOPICS[TOPIC_OF[kind]]
    await store.place(topic.topic, LANE, before)
    move = step(topic.topic, LANE, before, records[-1].offset + 1)
    await store.write([value_write(topic, records, {LANE: before.epoch})], [move])
    return before


async def test_a_day_is_reported_by_the_periods_also_when_it_was_quiet(database: Database) -> None:
    records = [
        receipt(0, UNIT, counts={"accepted": 2}, period_from="2026-02-27"),
        receipt(1, UNIT),
        receipt(2, UNIT, status="refused", reason="DIGEST_MISMATCH"),
        receipt(3, UNIT, period_from="2026-03-02", period_to="2030-01-01"),
    ]
    async with opened(database) as store:
        await store_records(store, "receipt", records)
        await take(store, [incoming("consultation", 0, consultation(1), number=1)])
    days = await database.fetch(
        "analyst",
        "SELECT day, deliveries, empty_deliveries, consultations FROM reporting.unit_day "
        "WHERE org_nr = $1 ORDER BY day",
        UNIT,
    )
    assert [tuple(r) for r in days] == [
        (date(2026, 2, 27), 1, 0, 1),
        (date(2026, 2, 28), 1, 0, 0),
        (date(2026, 3, 1), 1, 0, 0),
        (date(2026, 3, 2), 2, 2, 0),
        (date(2026, 3, 3), 1, 1, 0),
        (date(2026, 3, 4), 1, 1, 0),
        (date(2026, 3, 5), 1, 1, 0),
    ]


async def test_the_log_keeps_what_the_topic_has_deleted(database: Database) -> None:
    items = [item(0, "accepted", ("ROLE_UNKNOWN", "/roles/0"))]
    texts = [{"rule": "ROLE_UNKNOWN", "severity": "warn", "items": 1, **TEXT}]
    first = receipt(0, UNIT, items=items, texts=texts, parts=2)
    second = receipt(
        0, UNIT, part=2, parts=2, items=[item(1, "accepted", ("ROLE_UNKNOWN", "/roles/3"))]
    )
    second = Incoming(LANE, 1, second.key, second.value, second.headers, second.timestamp)
    async with opened(database) as store:
        before = await store_records(store, "receipt", [first, second, receipt(2, UNIT)])
        again = rebuilt(before, LogState(2, 3, "id"), before.noted_at, ASKED_FOR)
        await store_records(store, "receipt", [receipt(2, UNIT)], again)
    (row,) = await database.fetch("analyst", "SELECT count(*) FROM reporting.delivery")
    assert row["count"] == 2
    (found,) = await database.fetch("analyst", "SELECT * FROM reporting.finding")
    assert (found["rule"], found["severity"], found["pointer"], found["items"]) == (
        "ROLE_UNKNOWN",
        "warn",
        "/roles/*",
        2,
    )
    assert found["received_at"] == received(0)


async def test_units_and_rejected_items_are_mirrors(database: Database) -> None:
    other = "974760673"
    async with opened(database) as store:
        before = await store_records(store, "unit", [unit_state(0, UNIT), unit_state(1, other)])
        await store_records(store, "quarantine", [quarantine_state(0, 1, UNIT)])
        await store_records(store, "quarantine", [quarantine_state(5, 1, UNIT, "closed")])
        await store_records(store, "quarantine", [quarantine_state(2, 1, UNIT)])
        again = rebuilt(before, LogState(1, 2, "id"), before.noted_at, ASKED_FOR)
        await store_records(store, "unit", [unit_state(1, UNIT, next_sequence=9)], again)
    units = await database.fetch("content_sink", "SELECT org_nr, next_sequence FROM content.unit")
    assert [tuple(r) for r in units] == [(UNIT, 9)]
    states = await database.fetch("analyst", "SELECT state, rules FROM reporting.rejected_item")
    assert [tuple(r) for r in states] == [("closed", ["START_MISSING"])]


@pytest.mark.parametrize("sql", sql_examples("tables"))
async def test_an_example_of_the_page_answers(database: Database, sql: str) -> None:
    today = (datetime.now(UTC) - AT).days
    late = receipt(today, UNIT, items=[item(0, "accepted", ("ROLE_UNKNOWN", "/roles/0"))])
    async with opened(database) as store:
        await store_records(store, "receipt", [late])
        made = consultation(1) | {"date": date(2026, 1, 15)}
        await take(store, [incoming("consultation", 0, made, number=1)])
    role = "privacy" if "content." in sql else "analyst"
    assert await database.fetch(role, sql)
