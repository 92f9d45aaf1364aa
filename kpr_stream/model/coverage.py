"""Which months since 2017 a unit's deliveries cover: one bit a month, from January 2017. Pure.

The bits are an ``int`` in the code and little-endian bytes in a record: bit 0 of the first byte
is January 2017. Ten years take 15 bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Final

FIRST_YEAR: Final = 2017
"""Reporting goes back to January of this year."""
_EPOCH = date(1970, 1, 1)
FIRST_DAY: Final = (date(FIRST_YEAR, 1, 1) - _EPOCH).days
"""Its first day, in days since 1970."""
_MONTHS_A_YEAR = 12

Months = int
"""Covered months, as bits."""


def months_covered(first: int, last: int, *, at: int) -> Months:
    """Return the months of a period of two days since 1970, both inclusive.

    Senders state the period, and any number may come. Days before 2017 and after ``at`` (broker
    time, ms) are left out: no delivery covers a month that has not come.
    """
    today = (datetime.fromtimestamp(at / 1000, UTC).date() - _EPOCH).days
    first, last = max(first, FIRST_DAY), min(last, today)
    if last < first:
        return 0
    return _until(_number(_date(last))) & ~_until(_number(_date(first)) - 1)


def months_until(day: date) -> Months:
    """Return every month from January 2017 to that of a day, inclusive."""
    return _until(_number(day))


def months_before(day: date) -> Months:
    """Return every month from January 2017 that is over on a day."""
    return months_until(day.replace(day=1) - timedelta(days=1))


def month_names(months: Months) -> list[str]:
    """Return the months as 2017-01, in order."""
    return [_name(n) for n in _numbers(months)]


def holes(covered: Months, expected: Months) -> list[tuple[str, str]]:
    """Return the expected months that are not covered, as ranges: first and last of each."""
    missing = enumerate(_numbers(expected & ~covered))
    # Neighbours have the same distance from their place in the list.
    runs = (list(run) for _, run in groupby(missing, key=lambda one: one[1] - one[0]))
    return [(_name(run[0][1]), _name(run[-1][1])) for run in runs]


def to_bytes(months: Months) -> bytes:
    """Return the months as a record holds them."""
    return months.to_bytes((months.bit_length() + 7) // 8, "little")


def from_bytes(data: bytes) -> Months:
    """Read the months of a record."""
    return int.from_bytes(data, "little")


def _until(number: int) -> Months:
    return (1 << max(0, number + 1)) - 1


def _numbers(months: Months) -> Iterable[int]:
    return (n for n in range(months.bit_length()) if months >> n & 1)


def _number(day: date) -> int:
    return (day.year - FIRST_YEAR) * _MONTHS_A_YEAR + day.month - 1


def _date(day: int) -> date:
    return date.fromordinal(_EPOCH.toordinal() + day)


def _name(number: int) -> str:
    years, month = divmod(number, _MONTHS_A_YEAR)
    return f"{FIRST_YEAR + years}-{month + 1:02}"
