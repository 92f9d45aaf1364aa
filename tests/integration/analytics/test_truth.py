"""Every view for analysts equals what is computed from a nation's truth, row by row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

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
