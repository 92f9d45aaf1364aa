"""Compare the views of the four questions with what a nation's truth gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.integration.analytics.conftest import FilledDatabase
from tests.integration.analytics.truth import Analyst, Counts

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
    "measuring_year": (
        f"service, programme_step, measure, org_nr, {PLACE}, year",
        "expected, measured, measured_at_other_step, with_reason",
    ),
}
"""The columns that name a row of a view, and its counts in the order of the truth."""
VIEWS = tuple(KEYS_AND_COUNTS)
FEWEST = 50
"""Rows that a view must have at least, so that a comparison means something."""
_EXPECTED: Mapping[str, Callable[[Analyst], Counts]] = {
    "activity": Analyst.activity,
    "attendance": Analyst.attendance,
    "adherence_known": Analyst.adherence,
    "coverage_population": Analyst.coverage,
    "breastfeeding": Analyst.breastfeeding,
    "measuring": Analyst.measuring,
    "measuring_year": Analyst.measuring_year,
}


def differing_counts(filled: FilledDatabase, view: str) -> dict[Any, Any]:
    """Return what a view and the truth say of each row in which they differ."""
    expected, found = _EXPECTED[view](filled.analyst), _counts_of(filled, view)
    assert len(expected) > FEWEST
    return {
        key: (found.get(key), expected.get(key))
        for key in found.keys() | expected.keys()
        if found.get(key) != expected.get(key)
    }


def _counts_of(filled: FilledDatabase, view: str) -> Counts:
    keys, counts = KEYS_AND_COUNTS[view]
    width = len(keys.split(","))
    rows = filled.rows(f"SELECT {keys}, {counts} FROM analytics.{view}")  # noqa: S608 - our views
    found = {
        tuple(row)[:width]: tuple(round(float(value), 6) for value in tuple(row)[width:])
        for row in rows
    }
    assert len(found) == len(rows)
    return found
