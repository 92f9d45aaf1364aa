"""Read programme, places and residents from the reference files. Imports nothing of the product."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.repository import ROOT

REFERENCE = ROOT / "kpr_stream" / "reference" / "data"
STATION, SCHOOL, YOUTH = "HELSESTASJON_0_5", "SKOLEHELSETJENESTE", "HFU"
_CHILD_VISITS = ("HJEMMEBESOK", "INDIVIDUELL", "GRUPPE")
_SCHOOL_VISITS = ("SKOLESTARTUNDERSOKELSE", "HELSESAMTALE", "VEIING_MALING")
_FACE_TO_FACE = ("PERSONLIG", "HJEMMEBESOK", "GRUPPE", None)
MIDDLE = timedelta(days=3)


def table(name: str, folder: Path = REFERENCE) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class Step:
    """A row of the programme; limits in days, None where there is none."""

    code: str
    target: int
    window: tuple[int, int]
    on_time: tuple[int, int] | None
    grade: int | None
    group: str | None
    in_14: bool
    expects: frozenset[str]
    asks: bool
    """Whether breastfeeding is asked about."""
    elsewhere: bool
    since: date


@cache
def steps() -> dict[str, Step]:
    return {row["code"]: _step(row) for row in table("hst_programme.csv")}


@cache
def step_of_code() -> dict[str, str]:
    named = {row["volven_9505"]: row["code"] for row in table("hst_programme.csv")}
    return {code: step for code, step in named.items() if code} | {code: code for code in steps()}


def _step(row: dict[str, str]) -> Step:
    grade = int(row["grade"]) if row["grade"] else None
    limits = (row["on_time_from_days"], row["on_time_to_days"])
    return Step(
        code=row["code"],
        target=int(row["target_age_days"]),
        window=(int(row["window_from_days"]), int(row["window_to_days"])),
        on_time=None if grade else (int(limits[0]), int(limits[1])),
        grade=grade,
        group=row["measurement_group"] or None,
        in_14=row["in_14_programme"] == "1",
        expects=frozenset(
            m for m in ("weight", "length", "head_circumference") if row[f"{m}_expected"] == "1"
        ),
        asks=row["breastfeeding_expected"] == "1",
        elsewhere=row["setting"] == "maternity_ward",
        since=date.fromisoformat(row["valid_from"]),
    )


def step_of_visit(row: dict[str, Any]) -> str | None:
    """The step of a consultation: as reported, else a candidate by age or grade."""
    if row["programme_step_reported"]:
        return step_of_code().get(row["programme_step_reported"])
    if row["attendance"] != "MOTT" or row["contact_form"] not in _FACE_TO_FACE:
        return None
    day = row["date"]
    if day < date(2017, 1, 1) or row["born"] is None or day < week(row["born"]):
        age = None
    else:
        age = max((day - week(row["born"]) - MIDDLE).days, 0)
    if row["service"] == STATION and row["consultation_type"] in _CHILD_VISITS:
        return next((s.code for s in steps().values() if age is not None and _covers(s, age)), None)
    if row["service"] == SCHOOL and row["consultation_type"] in _SCHOOL_VISITS:
        grade = row["grade"]
        if grade is None and age is not None:
            grade = day.year - (day.month < 8) - (day - timedelta(days=age)).year - 5
        return next((s.code for s in steps().values() if grade and s.grade == grade), None)
    return None


def _covers(step: Step, age: int) -> bool:
    return not step.grade and not step.elsewhere and step.window[0] <= age <= step.window[1]


def week(born: date) -> date:
    return born - timedelta(days=born.weekday())


# ---- places ----


def today_of(
    codes: set[tuple[str, str | None, str | None]], folder: Path = REFERENCE
) -> dict[tuple[str, str | None, str | None], str | None]:
    """Return the municipality of today of each unit, municipality and district."""
    follows: dict[str, set[str]] = {}
    for row in table("kommune_changes.csv", folder):
        follows.setdefault(row["old_code"], set()).add(row["new_code"])
    borders = {r["code"]: r["current_code"] for r in table("kommune_borders.csv", folder)}
    known = {r["code"] for r in table("kommuner.csv", folder)}
    districts = {r["code"]: r["municipality_code"] for r in table("bydeler.csv", folder)}

    def ends(code: str) -> set[str]:
        if code not in follows:
            return {code}
        return {end for new in follows[code] for end in ends(new)}

    def sure(code: str | None) -> str | None:
        if code is None or code not in known:
            return None
        found = ends(code)
        return next(iter(found)) if len(found) == 1 else borders.get(code)

    answer = {}
    for org_nr, code, district in codes:
        today = sure(code) or sure(districts.get(district or ""))
        if today is None and code in known:
            said = {c for o, c, _ in codes if o == org_nr and c in ends(code)}
            today = said.pop() if len(said) == 1 else None
        answer[org_nr, code, district] = today
    return answer


def residents() -> Iterator[tuple[tuple[str, int, int, str], int]]:
    """Yield (municipality, year, age, sex) and the number of residents on 1 January."""
    for row in table("residents.csv"):
        for age in range(20):
            number = int(row[f"age_{age}"])
            yield (row["municipality_code"], int(row["year"]), age, row["sex"]), number
