"""The views for analysts over a nation: they equal its truth, and show nobody's birth date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

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
from tests.integration.analytics.conftest import FilledDatabase
from tests.integration.analytics.truth import Counts

pytestmark = pytest.mark.slow
PLACE = "municipality_code, current_municipality_code"
KEYS_AND_COUNTS = {
    "activity": (
        f"service, contact_form, org_nr, {PLACE}, period",
        "contacts, persons, contacts_without_person, minutes, contacts_without_duration",
    ),
    "attendance": (
        f"consultation_type, org_nr, {PLACE}, period",
        "appointments, attended, not_attended, cancelled_by_user, cancelled_by_service",
    ),
    "adherence_known": (
        f"code, birth_year, sex, {PLACE}",
        "children, on_time, early, late, children_window_open, children_without_reporting",
    ),
    "coverage_population": (
        "code, birth_year, sex, current_municipality_code",
        "coalesce(residents, -1), completed, children_window_open, children_without_reporting",
    ),
    "breastfeeding": (
        f"birth_year, age_months, {PLACE}",
        "seen, asked, fully, partly, not_breastfed, answer_unknown, not_asked",
    ),
    "measuring": (
        f"service, programme_step, measure, org_nr, {PLACE}, month",
        "expected, measured, measured_at_other_step, with_reason",
    ),
}


def differing(found: Counts, expected: Counts) -> dict[Any, Any]:
    return {
        key: (found.get(key), expected.get(key))
        for key in found.keys() | expected.keys()
        if found.get(key) != expected.get(key)
    }


def counts_of(filled: FilledDatabase, view: str) -> Counts:
    keys, counts = KEYS_AND_COUNTS[view]
    width = len(keys.split(","))
    rows = filled.rows(f"SELECT {keys}, {counts} FROM analytics.{view}")  # noqa: S608 - our views
    found = {
        tuple(row)[:width]: tuple(round(float(value), 6) for value in tuple(row)[width:])
        for row in rows
    }
    assert len(found) == len(rows)
    return found


@pytest.mark.parametrize("view", KEYS_AND_COUNTS)
def test_a_view_equals_the_truth(filled: FilledDatabase, view: str) -> None:
    expected: Mapping[str, Any] = {
        "activity": filled.analyst.activity,
        "attendance": filled.analyst.attendance,
        "adherence_known": filled.analyst.adherence,
        "coverage_population": filled.analyst.coverage,
        "breastfeeding": filled.analyst.breastfeeding,
        "measuring": filled.analyst.measuring,
    }
    wanted = expected[view]()
    assert len(wanted) > 50
    different = differing(counts_of(filled, view), wanted)
    assert different == {}, f"{len(different)} of {len(wanted)}"


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
