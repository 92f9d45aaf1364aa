"""The views for analysts over a nation: they equal its truth, and show nobody's birth date."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from kpr_stream.analytics.derive import derived_rows
from kpr_stream.reference import load_reference
from tests.end_to_end.truth import table
from tests.integration.analytics.birth_dates import (
    BY_WEEK,
    INDEPENDENT,
    Row,
    by_child,
    possible_days,
    without_scores,
)
from tests.integration.analytics.compared import VIEWS, differing_counts
from tests.integration.analytics.conftest import FilledDatabase
from tests.integration.analytics.fill import refreshed
from tests.support.sql_examples import ANALYSE, sql_examples

pytestmark = pytest.mark.slow
MADE = (
    *("link", "person_group", "person", "consultation_row", "appointment_row", "unit"),
    *("activity_cell", "youth_cell", "attendance_cell", "follow_up_cell", "breastfeeding_cell"),
    *("measuring_cell", "reported_month", "reporting_span", "reporting_hole"),
    *("unit_days", "unit_expectation", "unit_month", "outcome_cell", "finding_cell"),
    *("completeness_cell", "delay_cell"),
    *("follow_up_year", "measuring_year_cell"),
)
CONTENTS = """
SELECT md5(string_agg(row, E'\\n' ORDER BY row)) AS all
FROM (SELECT (to_jsonb(t) - 'place_id' - 'made')::text AS row FROM analytics.{} t) rows
"""
EXAMPLES = [
    pytest.param(sql, id=f"{page.stem}-{number}")
    for page in sorted(ANALYSE.glob("*.md"))
    # Of tables that this database does not have: test_delivery_log.py and test_freeze.py run those.
    if page.stem not in {"tables", "freeze", "disclosures"}
    for number, sql in enumerate(sql_examples(page.stem), 1)
]


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_equals_the_truth(filled: FilledDatabase, view: str) -> None:
    assert differing_counts(filled, view) == {}


def test_the_truth_uses_nothing_of_the_product() -> None:
    for name in ("deliveries", "people", "programme", "truth"):
        source = (Path(__file__).parent / f"{name}.py").read_text("utf-8")
        imported = re.findall(r"^\s*(?:from|import) (\S+)", source, re.MULTILINE)
        assert imported
        assert not [one for one in imported if one.startswith("kpr_stream")]


def test_places_of_today_are_those_of_each_consultation(filled: FilledDatabase) -> None:
    (row,) = filled.rows(
        "SELECT count(*) AS compared, count(*) FILTER (WHERE (p.current_municipality_code, "
        "p.current_district_code, p.current_found_by) IS DISTINCT FROM "
        "(a.current_municipality_code, a.current_district_code, a.current_found_by)) AS different "
        "FROM content.consultation_place p JOIN analytics.consultation a USING (consultation_key)",
        "kpr_owner",
    )
    assert row["compared"] > 5000
    assert row["different"] == 0


@pytest.mark.parametrize("sql", EXAMPLES)
def test_an_example_of_the_pages_answers_an_analyst(filled: FilledDatabase, sql: str) -> None:
    rows = filled.rows(sql)
    assert rows
    assert all(value is not None for value in rows[-1].values()), rows[-1]


def test_the_nation_has_what_makes_it_hard(filled: FilledDatabase) -> None:
    """Local ids, changes of number, moves, a reform, corrections, deletions, two systems."""
    rows = filled.nation.consultations
    assert {row["person_kind"] for row in rows} >= {"fnr", "dnr", "duf", "local", None}
    numbers, places = defaultdict(set), defaultdict(set)
    for row in rows:
        if row["group"]:
            numbers[row["group"]].add((row["person_kind"], row["person_number"]))
            places[row["group"]].add(row["person"].place)
    assert sum(len(of_one) > 1 for of_one in numbers.values()) > 5
    assert any(len(of_one) > 1 for of_one in places.values())
    assert len({row["municipality_code"] for row in rows} - {row["today"] for row in rows}) > 0
    assert len({row["system"] for row in rows}) > 1
    outcomes = {*table(filled.out, "outcomes")["outcome"]}
    assert outcomes >= {"corrected", "deleted", "superseded"}
    assert any(filled.nation.reserved.values())


def with_more(filled: FilledDatabase, more: str) -> list[Row]:
    """The analyst's rows with something of the mirrored row put back."""
    return [
        dict(row)
        for row in filled.rows(
            f"SELECT a.*, {more} FROM analytics.consultation a "  # noqa: S608 - our own columns
            "JOIN content.consultation c USING (consultation_key)",
            "kpr_owner",
        )
    ]


def test_every_child_has_at_least_seven_possible_birth_dates(filled: FilledDatabase) -> None:
    """Over all rows of a child, appointments too."""
    rows = [dict(row) for row in filled.rows("SELECT * FROM analytics.consultation")]
    assert rows[0].keys() == INDEPENDENT | BY_WEEK
    rows += [dict(row) for row in filled.rows("SELECT * FROM analytics.appointment")]
    children = by_child(rows)
    assert len(children) > 300
    assert {len(possible_days(rows)) for rows in children.values()} == {7}
    in_first_week = [r for r in rows if r["birth_week"] and r["age_weeks"] == 0]
    assert in_first_week
    assert {row["date"].isoweekday() for row in in_first_week} == {7}


@pytest.mark.parametrize(
    "more",
    [
        "c.age_days",
        "c.maternity_discharge_date",
        # The day itself, in the week of birth: the child was born by then.
        "c.date AS day",
    ],
)
def test_the_attack_succeeds_where_a_column_is_put_back(filled: FilledDatabase, more: str) -> None:
    rows = with_more(filled, more)
    for row in rows:
        if "day" in row:
            row["date"] = row["day"]  # type: ignore[index]
    assert min(len(possible_days(rows)) for rows in by_child(rows).values()) < 7


def test_scores_and_steps_are_those_of_the_week(filled: FilledDatabase) -> None:
    """From what an analyst sees alone, by the receiver's own function: so they add nothing."""
    seen = [
        dict(row)
        for row in filled.rows("SELECT * FROM analytics.consultation")
        # Shown on another day, and without a person there is no week.
        if row["birth_week"] and row["age_weeks"] != 0
    ]
    derived = derived_rows(without_scores(seen), load_reference()).to_dicts()
    for row, expected in zip(seen, derived, strict=True):
        del expected["consultation_key"]
        assert {name: row[name] for name in expected} == expected
    scored = [row for row in seen if row["weight_z"] is not None]
    assert len(scored) > 100
    exact = {r["consultation_key"]: r["z"] for r in with_more(filled, "c.weight_z AS z")}
    assert any(exact[row["consultation_key"]] != row["weight_z"] for row in scored)


def test_a_rebuild_finds_what_three_refreshes_have_made(filled: FilledDatabase) -> None:
    """Last in this file: it makes everything again."""
    made = {name: filled.rows(CONTENTS.format(name), "kpr_owner")[0]["all"] for name in MADE}
    assert all(made.values())
    assert refreshed(filled.settings, filled.as_of, rebuild=True).rebuilt
    assert made == {
        name: filled.rows(CONTENTS.format(name), "kpr_owner")[0]["all"] for name in MADE
    }
