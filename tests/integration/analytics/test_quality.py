"""The views of data quality over a nation equal its truth; a municipality sees itself alone."""

# ruff: noqa: S608 - names of our own views

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.integration.analytics import quality_truth as truth
from tests.integration.analytics.conftest import FilledDatabase
from tests.integration.analytics.truth import Counts
from tests.integration.sinks.conftest import Database
from tests.integration.sinks.test_rights import municipality

pytestmark = [pytest.mark.slow, pytest.mark.long]
UNIT = "org_nr, municipality_code, system, month"
SENT = "org_nr, system, message_type, month"
OUTCOMES = ", ".join(f"sum({name}_items)" for name in truth.OUTCOMES)
COMPARED: dict[str, tuple[str, int, Callable[[FilledDatabase], Counts]]] = {
    "completeness": (
        (
            f"{UNIT}, field, sum(expected), sum(filled) FROM analytics.quality_completeness "
            f"GROUP BY {UNIT}, field"
        ),
        5,
        lambda filled: truth.completeness(filled.analyst),
    ),
    "delay_days": (
        (
            f"{UNIT}, coalesce(delay_days, -1), sum(consultations) "
            f"FROM analytics.quality_delay_days GROUP BY {UNIT}, delay_days"
        ),
        5,
        lambda filled: truth.delay(filled.analyst, filled.out),
    ),
    "outcome": (
        (
            f"{SENT}, sum(items), {OUTCOMES} FROM analytics.quality_outcome GROUP BY {SENT} "
            "HAVING sum(items) > 0"
        ),
        4,
        lambda filled: truth.outcomes(filled.analyst, filled.out),
    ),
    "set_aside": (
        (
            f"{SENT}, rule, sum(items) FROM analytics.quality_finding WHERE severity = 'set_aside' "
            f"GROUP BY {SENT}, rule"
        ),
        5,
        lambda filled: truth.set_aside(filled.analyst, filled.out),
    ),
    "coverage": (
        "org_nr, month, expected_days, reported_days FROM analytics.quality_coverage",
        2,
        lambda filled: truth.coverage(filled.analyst, filled.out),
    ),
}
"""What is read of each view, how many columns name a row, and the truth."""
VIEWS = (
    *("outcome", "finding", "completeness", "delay", "delay_days", "coverage", "plausibility"),
)


@pytest.mark.parametrize("name", COMPARED)
def test_a_view_of_quality_equals_the_truth(filled: FilledDatabase, name: str) -> None:
    sql, width, expect = COMPARED[name]
    found = {
        tuple(row)[:width]: tuple(float(value) for value in tuple(row)[width:])
        for row in filled.rows(f"SELECT {sql}")
    }
    expected = expect(filled)
    assert len(expected) > 20
    differing = {
        key: (found.get(key), expected.get(key))
        for key in found.keys() | expected.keys()
        if found.get(key) != expected.get(key)
    }
    assert differing == {}


def test_percentiles_are_those_of_the_days(filled: FilledDatabase) -> None:
    key = f"{UNIT}, software_version"
    days: dict[tuple[Any, ...], dict[int, int]] = {}
    for row in filled.rows(
        f"SELECT {key}, delay_days, consultations FROM analytics.quality_delay_days "
        "WHERE delay_days IS NOT NULL"
    ):
        days.setdefault(tuple(row)[:5], {})[row["delay_days"]] = row["consultations"]
    found = {
        tuple(row)[:5]: tuple(row)[5:]
        for row in filled.rows(
            f"SELECT {key}, consultations, median_days, p90_days FROM analytics.quality_delay "
            "WHERE consultations > 0"
        )
    }
    assert found == {
        one: (sum(of.values()), truth.percentile(of, 0.5), truth.percentile(of, 0.9))
        for one, of in days.items()
    }


def test_the_truth_of_quality_uses_nothing_of_the_product() -> None:
    source = (Path(__file__).parent / "quality_truth.py").read_text("utf-8")
    imported = re.findall(r"^\s*(?:from|import) (\S+)", source, re.MULTILINE)
    assert imported
    assert not [one for one in imported if one.startswith("kpr_stream")]


def test_some_fields_are_seldom_filled_and_some_reports_are_late(filled: FilledDatabase) -> None:
    """Else the comparison would say little."""
    (row,) = filled.rows(
        "SELECT count(DISTINCT field) FILTER (WHERE filled < expected) AS incomplete, "
        "sum(filled) AS filled FROM analytics.quality_completeness"
    )
    assert row["incomplete"] > 3
    (row,) = filled.rows(
        "SELECT max(p90_days) AS slow, sum(history) AS history FROM analytics.quality_delay"
    )
    assert row["slow"] > 20
    assert row["history"] > 100


async def test_a_municipality_sees_its_own_quality_alone(filled: FilledDatabase) -> None:
    database = Database(filled.settings)
    own = {"800011442"}
    # 4227 was 1037 before the reform.
    async with municipality(database, "kommune_1554", "1554") as connection:
        for view in VIEWS:
            rows = await connection.fetch(f"SELECT DISTINCT org_nr FROM analytics.quality_{view}")
            assert {row["org_nr"] for row in rows} == own, view
    async with municipality(database, "kommune_uten_kode") as connection:
        for view in VIEWS:
            rows = await connection.fetch(f"SELECT org_nr FROM analytics.quality_{view}")
            assert rows == [], view


def test_the_gaps_are_those_that_were_made(filled: FilledDatabase) -> None:
    gaps: list[Any] = [
        tuple(row)
        for row in filled.rows(
            "SELECT org_nr, month, missing_days FROM analytics.quality_coverage "
            "WHERE missing_days > 0 ORDER BY 1"
        )
    ]
    # 21 working days in November; in September the days that are expected by the refresh.
    assert gaps == [
        ("800011442", date(2019, 11, 1), 21),
        ("800012325", date(2020, 9, 1), 17),
    ]
