"""Make identifiers with valid control digits that no real person or unit can have.

National ids: month + 80, the range of Skatteetaten's synthetic population (Tenor). D-numbers: day
+ 40 as well; those of children are of the series of today (``model/birth_years``). Org numbers:
from the 80 series with a valid check digit, chosen by number alone.
Sources of the control digits: Skatteetaten (two mod-11 digits), Brønnøysundregistrene (mod 11).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import islice
from random import Random

SYNTHETIC_MONTH = 80
D_NUMBER_DAY = 40
_FIRST_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2)
_SECOND_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_ORG_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2)
_TRIES = 1000
"""Draws of an individual number for one birth date, after which the day counts as full."""


class IdPool:
    """Gives each national id once. The draws come from the caller's generator."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def national_id(self, random: Random, born: date, *, male: bool, d_number: bool) -> str | None:
        """Return an unused fnr or D-number for a birth date and sex; None if the day is full."""
        day = born.day + (D_NUMBER_DAY if d_number else 0)
        head = f"{day:02}{born.month + SYNTHETIC_MONTH:02}{born.year % 100:02}"
        lowest, highest = (0, 499) if born.year < 2000 else (200 if d_number else 500, 999)
        for _ in range(_TRIES):
            individual = random.randrange(lowest, highest, 2) + (1 if male else 0)
            number = with_control_digits(f"{head}{individual:03}")
            if number is not None and number not in self._taken:
                self._taken.add(number)
                return number
        return None


def with_control_digits(nine: str) -> str | None:
    """Return nine digits with their two control digits; None if no valid digit exists."""
    first = _mod11(nine, _FIRST_WEIGHTS)
    second = None if first is None else _mod11(f"{nine}{first}", _SECOND_WEIGHTS)
    return None if second is None else f"{nine}{first}{second}"


def org_nr(index: int) -> str:
    """Return the organisation number at ``index`` (from 0) of the synthetic series."""
    return next(islice(org_numbers(), index, None))


def org_numbers() -> Iterator[str]:
    """Yield the organisation numbers of the synthetic series in order."""
    for serial in range(1_000_000):
        head = f"80{serial:06}"
        digit = _mod11(head, _ORG_WEIGHTS)
        if digit is not None:
            yield f"{head}{digit}"


def duf_number(random: Random) -> str:
    """Return twelve digits in the form of a DUF number: year of arrival and a serial."""
    return f"{random.randrange(2018, 2025)}{random.randrange(10**8):08}"


def _mod11(digits: str, weights: tuple[int, ...]) -> int | None:
    rest = sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11
    if rest == 1:
        return None
    return 0 if rest == 0 else 11 - rest
