"""Say which days the export files of a nation report. Imports nothing of the product."""

from __future__ import annotations

import calendar
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

from holidays import country_holidays

from tests.integration.analytics.people import Row
from tests.integration.analytics.programme import today_of

REPORTED_WITHIN = timedelta(days=8)
_NAME = re.compile(r"_HST_Konsultasjon_(\d{4})-(\d{2})(?:-(\d{2}))?_")

Lost = frozenset[tuple[str, str, date]]
"""System, unit and first day of a delivery that never came."""


def reported_months(
    out: Path, lost: Lost, rows: list[Row], youth: set[str], as_of: date
) -> set[tuple[str, date]]:
    """Municipality of today and month, where every unit has reported every working day.

    ``rows`` and the newest file of a unit say where it is; units in ``youth`` do not count.
    """
    places: dict[str, set[str]] = defaultdict(set)
    newest = {(one.system, one.org_nr): one.municipality_code for one in _units(out)}
    for (_, org_nr), code in newest.items():
        (today,) = today_of({(org_nr, code, None)}).values()
        if today is not None:
            places[org_nr].add(today)
    for row in rows:
        if row["today"] is not None:
            places[row["org_nr"]].add(row["today"])
    for org_nr in youth:
        places.pop(org_nr, None)
    whole: dict[tuple[str, date], bool] = {}
    for org_nr, months in expected_and_reported(out, lost, as_of).items():
        for month, (expected, reported) in months.items():
            for place in places[org_nr]:
                whole[place, month] = whole.get((place, month), True) and reported == expected
    return {key for key, all_there in whole.items() if all_there}


def expected_and_reported(
    out: Path, lost: Lost, as_of: date
) -> dict[str, dict[date, tuple[int, int]]]:
    """Working days of each unit and month: expected, and reported."""
    found: dict[str, dict[date, tuple[int, int]]] = {}
    for org_nr, days in _reported(out, lost).items():
        months: dict[date, tuple[int, int]] = {}
        day = min(days)
        while day <= as_of - REPORTED_WITHIN:
            if is_working_day(day):
                expected, reported = months.get(day.replace(day=1), (0, 0))
                months[day.replace(day=1)] = (expected + 1, reported + (day in days))
            day += timedelta(days=1)
        found[org_nr] = months
    return found


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in _holidays(day.year)


@cache
def _holidays(year: int) -> Mapping[date, str]:
    return country_holidays("NO", years=year)


class Exported(NamedTuple):
    """A unit in a file of consultations, without its items."""

    system: str
    org_nr: str
    municipality_code: str
    days: tuple[date, ...]


@cache
def _units(out: Path) -> tuple[Exported, ...]:
    """Every unit of every file; the files of a system in the order of their numbers."""
    return tuple(
        # A system may write numbers without quotes.
        Exported(
            path.relative_to(out).parts[0],
            str(unit["orgNr"]),
            str(unit["kommuneNr"]).zfill(4),
            tuple(_period(path.name)),
        )
        for path in sorted(out.rglob("*_HST_Konsultasjon_*.json"), key=lambda path: path.name)
        for unit in json.loads(path.read_text("utf-8"))
    )


def _reported(out: Path, lost: Lost) -> dict[str, set[date]]:
    days: dict[str, set[date]] = defaultdict(set)
    for one in _units(out):
        if (one.system, one.org_nr, one.days[0]) not in lost:
            days[one.org_nr].update(one.days)
    return days


def first_day(name: str) -> date:
    """The first day that a file of consultations covers."""
    return next(_period(name))


def _period(name: str) -> Iterator[date]:
    match = _NAME.search(name)
    assert match, name
    year, month = int(match[1]), int(match[2])
    last = calendar.monthrange(year, month)[1]
    first, last = (int(match[3]), int(match[3])) if match[3] else (1, last)
    return (date(year, month, day) for day in range(first, last + 1))
