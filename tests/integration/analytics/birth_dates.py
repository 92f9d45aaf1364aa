"""Attack an analyst's rows: on which days can a child have been born, given all it has?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl

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


def without_scores(rows: Iterable[Row]) -> pl.DataFrame:
    """What an analyst sees of rows and z-scores are computed of, in the form of a refresh."""
    seen = list(rows)
    return pl.DataFrame(
        {
            "consultation_key": [str(row["consultation_key"]) for row in seen],
            "day": _days(row["date"] for row in seen),
            "birth_week": _days(row["birth_week"] for row in seen),
            "step_set_aside": ["f"] * len(seen),
            **{
                name: pl.Series([row[name] for row in seen], dtype=kind)
                for name, kind in _READ.items()
            },
        }
    )


def _days(dates: Iterable[date]) -> pl.Series:
    return pl.Series([(day - EPOCH).days for day in dates], dtype=pl.Int32)


_READ: Mapping[str, Any] = {
    **dict.fromkeys(
        ("service", "consultation_type", "contact_form", "attendance", "sex"), pl.String
    ),
    **dict.fromkeys(("length_position", "programme_step_reported"), pl.String),
    **dict.fromkeys(("grade", "weight_g", "length_mm", "head_circumference_mm"), pl.Int32),
}
