"""Nobody can say from an analyst's rows on which day of a week a child was born."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from kpr_stream.analytics.derive import derived_rows
from kpr_stream.reference import load_reference
from tests.integration.analytics.conftest import FilledDatabase

pytestmark = pytest.mark.slow
EPOCH = date(1970, 1, 1)
SCORES = ("weight_z", "length_z", "bmi_z", "head_circumference_z")
INDEPENDENT = frozenset(
    {
        *("consultation_key", "group_key", "id_kind", "org_nr", "system", "service"),
        *("municipality_code", "municipality_valid", "district_code", "current_municipality_code"),
        *("current_municipality_name", "current_county_code", "current_county_name"),
        *("current_district_code", "current_found_by", "consultation_type", "contact_form"),
        *("attendance", "programme_step_reported", "grade", "duration_minutes", "session_key"),
        *("group_size", "practitioner_roles", "minutes", "sex", "weight_g", "length_mm"),
        *("weight_reason_not_measured", "length_position", "length_reason_not_measured"),
        *("head_circumference_mm", "head_circumference_reason_not_measured"),
        *("breastfeeding", "breastfeeding_status"),
    }
)
"""Columns of the consultation that do not follow from the birth date."""
BY_WEEK = frozenset(
    {
        *("date", "month", "birth_week", "age_weeks", "age_months", "timeliness"),
        *("programme_step", "programme_step_found_by"),
        *SCORES,
        *(f"{score}_{what}" for score in SCORES for what in ("reference", "flag")),
    }
)
Row = Mapping[str, Any]


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def as_shown(row: Row, born: date) -> bool:
    """Whether a child born on a day could have this row, by the meaning of its columns."""
    day = row["date"]
    if day < born:
        return False
    if "age_days" in row and row["age_days"] is not None and (day - born).days != row["age_days"]:
        return False
    discharged = row.get("maternity_discharge_date")
    if discharged is not None and not born <= discharged:
        return False
    weeks = (day - monday(born)).days // 7
    return (
        row["birth_week"] in {None, monday(born)}
        and row["age_weeks"] in {None, weeks}
        and row["age_months"] in {None, months(monday(born), day)}
    )


def months(born: date, day: date) -> int:
    return (day.year - born.year) * 12 + day.month - born.month - (day.day < born.day)


def possible_days(rows: Iterable[Row]) -> set[date]:
    known = [row for row in rows if row["birth_week"] is not None]
    around = [known[0]["birth_week"] + timedelta(days=n) for n in range(-30, 60)]
    return {day for day in around if all(as_shown(row, day) for row in known)}


def by_child(rows: Iterable[Row]) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        if row["group_key"] is not None and row["birth_week"] is not None:
            found[row["group_key"]].append(row)
    return found


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
    frame = pl.DataFrame(
        {
            "consultation_key": [str(row["consultation_key"]) for row in seen],
            "day": pl.Series([(row["date"] - EPOCH).days for row in seen], dtype=pl.Int32),
            "birth_week": pl.Series(
                [(row["birth_week"] - EPOCH).days for row in seen], dtype=pl.Int32
            ),
            "step_set_aside": ["f"] * len(seen),
            **{
                name: pl.Series([row[name] for row in seen], dtype=kind)
                for name, kind in _READ.items()
            },
        }
    )
    derived = derived_rows(frame, load_reference()).to_dicts()
    for row, expected in zip(seen, derived, strict=True):
        assert {name: row[name] for name in expected if name != "consultation_key"} == {
            name: value for name, value in expected.items() if name != "consultation_key"
        }
    scored = [row for row in seen if row["weight_z"] is not None]
    assert len(scored) > 100
    exact = {r["consultation_key"]: r["z"] for r in with_more(filled, "c.weight_z AS z")}
    assert any(exact[row["consultation_key"]] != row["weight_z"] for row in scored)


_READ: Mapping[str, Any] = {
    **dict.fromkeys(
        ("service", "consultation_type", "contact_form", "attendance", "sex"), pl.String
    ),
    **dict.fromkeys(("length_position", "programme_step_reported"), pl.String),
    **dict.fromkeys(("grade", "weight_g", "length_mm", "head_circumference_mm"), pl.Int32),
}
