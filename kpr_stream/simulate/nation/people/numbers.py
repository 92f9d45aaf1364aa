"""Give national ids that no person has or could have: 80 is added to every birth month.

Each place owns *slots* of a birth year and sex, and a slot determines birth date and number. No
two people anywhere share a number, and no place needs to know another. Source of the control
digits: Skatteetaten (two digits, mod 11).
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kpr_stream.simulate.identifiers import D_NUMBER_DAY, SYNTHETIC_MONTH
from kpr_stream.simulate.nation.days import year_start
from kpr_stream.simulate.nation.draw import Ints

MALE, FEMALE = 0, 1
ROUNDS = 125
"""Numbers of one birth date and sex that the slots of children use."""
MOTHER_ROUNDS = 150
"""The same for mothers, who have birth years of their own."""
TWIN_ROUNDS = 30
"""Children in the first 30 rounds may have a twin of the same sex, with numbers kept for twins."""
_TABLE_ROUNDS = ROUNDS + TWIN_ROUNDS
_STRIDE = 7919
"""A prime without a common factor with days and rounds, to spread slots over both."""
_FIRST_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2)
_SECOND_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
YEARS_BEFORE_DUF = 70
"""Taken from the year of arrival: before 1988 there was no Directorate of Immigration to give DUF
numbers, so none of these belongs to a real person. A year to come would not do: the receiver
refuses it."""


def days_in(year: int) -> int:
    """Return the number of days in a calendar year."""
    return year_start(year + 1) - year_start(year)


def capacity(year: int, rounds: int = ROUNDS) -> int:
    """Return the number of slots of one birth year and sex."""
    return days_in(year) * rounds


def places_of(slots: Ints, year: int, rounds: int = ROUNDS) -> tuple[Ints, Ints]:
    """Return the day of the year (from 0) and the round of each slot."""
    if len(slots) and int(slots.max()) >= capacity(year, rounds):
        raise ValueError(f"more slots than numbers in {year}")
    spread = slots * _STRIDE % capacity(year, rounds)
    return spread % days_in(year), spread // days_in(year)


def numbers_of(day: Ints, turn: Ints, year: int, sex: int, *, d_number: bool = False) -> Ints:
    """Return the eleven digits of days of the year and rounds, as whole numbers."""
    heads, tails = _table(year, sex, d_number)
    return heads[day] * 100_000 + tails[day, turn]


def duf_numbers(slots: Ints, year: int, sex: int, arrival: Ints) -> Ints:
    """Return twelve digits: a year before there were such numbers, and a unique serial."""
    serial = ((year - 1900) * 2 + sex) * 100_000 + slots
    return (arrival - YEARS_BEFORE_DUF) * 10**8 + serial


def wrong_check_digit(numbers: Ints) -> Ints:
    """Return the numbers with a wrong last digit, as if mistyped."""
    last = numbers % 10
    return numbers - last + (last + 1) % 10


@lru_cache(maxsize=160)
def _table(year: int, sex: int, d_number: bool) -> tuple[Ints, NDArray[np.int32]]:  # noqa: FBT001
    """Return the first six digits by day, and the last five by day and round."""
    dates = [date.fromordinal(date(year, 1, 1).toordinal() + n) for n in range(days_in(year))]
    more = D_NUMBER_DAY if d_number else 0
    heads = np.array(
        [(d.day + more) * 10_000 + (d.month + SYNTHETIC_MONTH) * 100 + year % 100 for d in dates],
        dtype=np.int64,
    )
    individual = np.arange(250) * 2 + (1 if sex == MALE else 0) + (500 if year >= 2000 else 0)
    nine = heads[:, None] * 1000 + individual[None, :]
    first = _control_digit(nine, _FIRST_WEIGHTS)
    second = _control_digit(nine * 10 + first, _SECOND_WEIGHTS)
    valid = (first < 10) & (second < 10)
    order = np.argsort(~valid, axis=1, kind="stable")[:, :_TABLE_ROUNDS]
    if not np.take_along_axis(valid, order, axis=1).all():
        raise ValueError(f"too few valid numbers on a day of {year}")
    tails = individual[None, :] * 100 + first * 10 + second
    return heads, np.take_along_axis(tails, order, axis=1).astype(np.int32)


def _control_digit(digits: Ints, weights: tuple[int, ...]) -> Ints:
    """Return the digit that makes the weighted sum a multiple of 11; 10 if there is none."""
    total = sum(
        digits // 10 ** (len(weights) - 1 - n) % 10 * weight for n, weight in enumerate(weights)
    )
    return (11 - np.asarray(total) % 11) % 11
