"""Count days since 1970, and say on which of them health stations and schools are open."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import numpy as np

from kpr_stream.simulate.nation.draw import Bools, Ints

FIRST_YEAR, LAST_YEAR = 2017, 2025
"""The simulated years, which are those of the table of residents."""
_EPOCH = date(1970, 1, 1)


def number(day: date) -> int:
    """Return a date as days since 1970."""
    return (day - _EPOCH).days


def year_start(year: int) -> int:
    """Return 1 January of a year."""
    return number(date(year, 1, 1))


FIRST_DAY, LAST_DAY = year_start(FIRST_YEAR), year_start(LAST_YEAR + 1) - 1
_TABLE_FIRST, _TABLE_LAST = year_start(FIRST_YEAR - 2), year_start(LAST_YEAR + 3)


def years(day: Ints) -> Ints:
    """Return the calendar year of each day from 1970 to 2099."""
    starts = np.array([year_start(y) for y in range(1900, 2101)], dtype=np.int64)
    return np.searchsorted(starts, day, side="right") + 1899


def next_working_day(day: Ints) -> Ints:
    """Return the day, or the next one on which a health station is open."""
    return _next(_closed())[day - _TABLE_FIRST]


def next_school_day(day: Ints) -> Ints:
    """Return the day, or the next one on which there is school."""
    return _next_school()[day - _TABLE_FIRST]


def school_year(day: Ints) -> Ints:
    """Return the year in which the school year of each day began, in August."""
    return years(day - 212)


@cache
def _closed() -> tuple[bool, ...]:
    days = (_EPOCH + timedelta(days=n) for n in range(_TABLE_FIRST, _TABLE_LAST))
    return tuple(day.weekday() > 4 or day in _holidays(day.year) for day in days)


@cache
def _next_school() -> Ints:
    closed = [
        shut or _no_school(_EPOCH + timedelta(days=_TABLE_FIRST + n))
        for n, shut in enumerate(_closed())
    ]
    return _next(tuple(closed))


def _no_school(day: date) -> bool:
    """Return whether schools are closed for summer or Christmas; other breaks differ by county."""
    in_year = (day.month, day.day)
    return (6, 20) <= in_year <= (8, 18) or in_year >= (12, 21) or in_year <= (1, 2)


@cache
def _next(closed: tuple[bool, ...]) -> Ints:
    found: list[int] = []
    following = _TABLE_LAST
    for at in range(len(closed) - 1, -1, -1):
        following = following if closed[at] else _TABLE_FIRST + at
        found.append(following)
    return np.array(found[::-1], dtype=np.int64)


@cache
def _holidays(year: int) -> frozenset[date]:
    """Return public holidays, and the three half days around Christmas."""
    easter = _easter(year)
    fixed = ((1, 1), (5, 1), (5, 17), (12, 24), (12, 25), (12, 26), (12, 31))
    moving = (-3, -2, 1, 39, 50)
    return frozenset(
        (*(date(year, m, d) for m, d in fixed), *(easter + timedelta(days=n) for n in moving))
    )


def _easter(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar, by the rule of Gauss for 1900-2099."""
    d = (19 * (year % 19) + 24) % 30
    e = (2 * (year % 4) + 4 * (year % 7) + 6 * d + 5) % 7
    late = (d == 29 and e == 6) or (d == 28 and e == 6 and year % 19 > 10)
    return date(year, 3, 22) + timedelta(days=d + e - (7 if late else 0))


def summer_time(day: Ints) -> Bools:
    """Return whether summer time is in force: last Sunday of March to last Sunday of October."""
    year = years(day)
    return (day >= _last_sunday(3)[year - 1900]) & (day < _last_sunday(10)[year - 1900])


@cache
def _last_sunday(month: int) -> Ints:
    ends = [date(year, month, 31) for year in range(1900, 2101)]
    return np.array([number(e) - (e.weekday() + 1) % 7 for e in ends], dtype=np.int64)
