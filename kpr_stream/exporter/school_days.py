"""Count the working days in school weeks. Pure.

School health services report nothing while schools are closed. Such a time is no reason to miss
content. The weeks are in ``kpr_stream/reference/data/school_breaks.csv``: a week in which a part of
the country has a break does not count anywhere, so that no unit is missed too early.
"""

from __future__ import annotations

import csv
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Final

from kpr_stream.model.report_deadline import easter_sunday, is_working_day

FILE: Final = "school_breaks.csv"
_DAY: Final = timedelta(1)


@dataclass(frozen=True, slots=True)
class SchoolBreaks:
    """When schools are closed: ISO weeks, and days counted from Easter Sunday."""

    weeks: frozenset[int]
    around_easter: frozenset[int]

    def include(self, day: date) -> bool:
        """Return whether schools are closed on a day somewhere in the country."""
        from_easter = (day - easter_sunday(day.year)).days
        return day.isocalendar().week in self.weeks or from_easter in self.around_easter


@cache
def school_breaks() -> SchoolBreaks:
    """Read the file of this release."""
    text = files("kpr_stream.reference").joinpath("data", FILE).read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    spans = ("first_week", "last_week"), ("first_day_after_easter", "last_day_after_easter")
    weeks, around_easter = (
        frozenset(
            number
            for row in rows
            if row[first]
            for number in range(int(row[first]), int(row[last]) + 1)
        )
        for first, last in spans
    )
    return SchoolBreaks(weeks, around_easter)


def school_days_between(since: date, today: date) -> int:
    """Count the working days in school weeks after ``since`` and before ``today``."""
    return sum(
        max(0, bisect_left(days, today) - bisect_right(days, since))
        for year in range(since.year, today.year + 1)
        for days in (_school_days(year),)
    )


@cache
def _school_days(year: int) -> tuple[date, ...]:
    breaks, first = school_breaks(), date(year, 1, 1)
    days = (first + n * _DAY for n in range((date(year + 1, 1, 1) - first).days))
    return tuple(day for day in days if is_working_day(day) and not breaks.include(day))
