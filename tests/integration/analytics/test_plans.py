"""No question of the report reads a table of rows from its beginning to its end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Final

import asyncpg
import pytest

from bench.queries.ask import scanned
from bench.queries.change import measure_refresh
from bench.queries.fill import fill
from bench.queries.questions import Question, questions
from kpr_stream.database.access import postgres_dsn
from kpr_stream.reference import load_reference
from kpr_stream.settings import Settings

pytestmark = pytest.mark.long

ROWS: Final = 20_000
"""Enough that the planner prefers an index where there is one."""
CHANGED: Final = 10
BIG: Final = {
    *("content.consultation", "content.consultation_version", "content.appointment"),
    *("content.appointment_version", "content.delivery", "content.delivery_finding"),
    *("analytics.consultation_row", "analytics.appointment_row", "identity.identity"),
}
"""Tables that grow with every delivery."""
WHOLE: Final = {"docs/analyse/rows.md 1", "docs/analyse/freeze.md 1"}
"""Examples that ask about every row of the register."""
SMALL_HERE: Final = {"docs/analyse/tables.md 3": {"content.delivery"}}
"""A hash of all deliveries of this nation costs less than a month of them by index."""


@pytest.fixture(scope="module")
def nation(stack: Settings) -> Iterator[Settings]:
    """A made-up nation of some thousand persons."""
    asyncio.run(fill(stack, load_reference(), ROWS, ROWS))
    yield stack
    # Without the helpers of the fill: tests of rights look at every function.
    asyncio.run(_as_owner(stack, "DROP SCHEMA IF EXISTS bench CASCADE"))


async def _as_owner(settings: Settings, sql: str) -> None:
    connection = await asyncpg.connect(postgres_dsn(settings, "kpr_owner").get_secret_value())
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


@pytest.mark.parametrize("one", questions(), ids=lambda one: one.name)
def test_a_question_reads_no_big_table_whole(nation: Settings, one: Question) -> None:
    read = asyncio.run(_read_whole(nation, one.sql, one.role))
    allowed = BIG if one.name in WHOLE else SMALL_HERE.get(one.name, set())
    assert read & BIG <= allowed


async def _read_whole(settings: Settings, sql: str, role: str) -> set[str]:
    connection = await asyncpg.connect(postgres_dsn(settings, role).get_secret_value())
    try:
        plan = await connection.fetchval(f"EXPLAIN (VERBOSE, FORMAT JSON) {sql}")
    finally:
        await connection.close()
    return set(scanned(json.loads(plan)[0]["Plan"]))


def test_a_table_that_is_read_whole_is_found(nation: Settings) -> None:
    sql = "SELECT count(duration_minutes) FROM content.consultation"
    assert asyncio.run(_read_whole(nation, sql, "kpr_owner")) == {"content.consultation"}


def test_the_counts_of_the_made_up_nation_follow_from_its_rows(nation: Settings) -> None:
    """The fill uses the refresh's own statements, so its cells are those of its rows."""

    async def counts() -> tuple[int, int]:
        connection = await asyncpg.connect(postgres_dsn(nation, "analyst").get_secret_value())
        try:
            cells = await connection.fetchval(
                "SELECT sum(contacts) FROM analytics.activity WHERE period_months = 1"
            )
            rows = await connection.fetchval(
                "SELECT count(*) FROM analytics.consultation WHERE attendance = 'MOTT'"
            )
        finally:
            await connection.close()
        return cells, rows

    cells, rows = asyncio.run(counts())
    assert cells == rows > ROWS / 2


def test_a_refresh_needs_to_read_no_big_table_whole(nation: Settings) -> None:
    """Its cost must follow what changed: a table that is read whole grows with the history.

    The planner reads a table of this size whole although it has an index, so it may not here.
    Which plans it takes for millions of rows, and what they cost, ``bench/queries`` measures.
    """
    asyncio.run(_as_owner(nation, "ALTER ROLE kpr_owner SET enable_seqscan = off"))
    try:
        done = asyncio.run(measure_refresh(nation, load_reference(), CHANGED, big_pages=0))
    finally:
        asyncio.run(_as_owner(nation, "ALTER ROLE kpr_owner RESET enable_seqscan"))
    assert done["consultations"] == CHANGED
    assert not BIG & set(done["whole"])
