"""Derive how many children live where, from Statistics Norway's table 07459.

For every municipality the table gives how many lived there from the start, arrived and left, and
which slots of national ids it owns (see ``numbers``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from kpr_stream.simulate.nation.days import FIRST_YEAR, LAST_YEAR
from kpr_stream.simulate.nation.draw import Ints
from kpr_stream.simulate.nation.people.numbers import MOTHER_ROUNDS, capacity
from kpr_stream.simulate.small.places import reference_rows

AGES = 20
FIRST_COHORT = FIRST_YEAR - AGES
COHORTS = tuple(range(FIRST_COHORT, LAST_YEAR + 1))
"""Years of birth."""
YEARS = tuple(range(FIRST_YEAR, LAST_YEAR + 2))
"""Years whose 1 January has a count of residents."""
EXCHANGE_PERCENT = 3
"""Per cent of a year's children who swap places once with children of the partner."""
YOUNGEST_MOTHER, OLDEST_MOTHER = 21, 40
LAST_MOTHER = 1996
"""The last birth year of a mother, so that no mother has a child's number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Residents:
    """Arrays by municipality (in order of code), sex, birth year and, the first, calendar year."""

    codes: tuple[str, ...]
    counts: Ints
    """(municipality, sex, cohort, year): residents on 1 January, 0 outside ages 0-19."""
    exchange: Ints
    """(municipality, sex, cohort): how many leave for the partner, and come from there."""
    own_from: Ints
    """(municipality, sex, cohort): first slot of its own people; the pair's exchange follows."""
    partner: tuple[int, ...]
    births: Ints
    """(municipality, cohort): children born there who have a mother there."""
    mother_from: tuple[Ints, ...]
    """By cohort: the first slot of each birth year that earlier cohorts' mothers left free."""

    def own(self, municipality: int, sex: int, cohort: int) -> Ints:
        """Return the residents on 1 January of each year who do not swap."""
        found = self.counts[municipality, sex, cohort] - self.exchange[municipality, sex, cohort]
        return np.asarray(np.maximum(found, 0))

    def first_year(self, cohort: int) -> int:
        """Return the index of the first 1 January that counts children of a birth year."""
        return max(0, COHORTS[cohort] + 1 - FIRST_YEAR)

    def years_of(self, cohort: int) -> range:
        """Return the indices of all 1 Januaries that count children of a birth year."""
        last = COHORTS[cohort] + AGES + 1 - FIRST_YEAR
        return range(self.first_year(cohort), min(len(YEARS), last))

    def children(self) -> Ints:
        """Return the residents of 0-19 years by municipality, as the mean of all years."""
        return np.asarray(self.counts.sum(axis=(1, 2, 3)) // len(YEARS))

    def mothers(self, municipality: int, cohort: int) -> tuple[Ints, Ints]:
        """Return the birth year and slot of the mother of each birth of a year."""
        before = int(self.births[:municipality, cohort].sum())
        at = before + np.arange(self.births[municipality, cohort])
        low, span = _mother_years(COHORTS[cohort])
        born = low + at % span
        return born, self.mother_from[cohort][born - low] + at // span


@cache
def load_residents() -> Residents:
    """Read the table of this package and derive the rest."""
    rows = list(reference_rows("residents.csv"))
    codes = tuple(sorted({row["municipality_code"] for row in rows}))
    index = {code: n for n, code in enumerate(codes)}
    counts = np.zeros((len(codes), 2, len(COHORTS), len(YEARS)), dtype=np.int64)
    for row in rows:
        year = int(row["year"])
        at = index[row["municipality_code"]], int(row["sex"]) - 1
        for age in range(AGES):
            counts[*at, year - age - 1 - FIRST_COHORT, year - FIRST_YEAR] = int(row[f"age_{age}"])
    partner = _partners(codes)
    exchange = _exchange(counts, partner)
    births = _births(counts, exchange)
    found = Residents(
        codes=codes,
        counts=counts,
        exchange=exchange,
        own_from=_own_from(counts, exchange, partner),
        partner=partner,
        births=births,
        mother_from=_mother_from(births),
    )
    _check(found)
    return found


def in_order(codes: tuple[str, ...]) -> list[int]:
    """Return the municipalities in a fixed mixed order; a share of the nation takes the first."""
    return sorted(range(len(codes)), key=lambda n: (int(codes[n]) * 2_654_435_761 % 2**32, n))


def _partners(codes: tuple[str, ...]) -> tuple[int, ...]:
    mixed = in_order(codes)
    found = list(range(len(codes)))
    for one, other in zip(mixed[::2], mixed[1::2], strict=False):
        found[one], found[other] = other, one
    return tuple(found)


def _exchange(counts: Ints, partner: tuple[int, ...]) -> Ints:
    found = np.zeros(counts.shape[:3], dtype=np.int64)
    for n, cohort in enumerate(COHORTS):
        if FIRST_COHORT < cohort < LAST_YEAR:  # counted on at least two 1 Januaries
            first = counts[:, :, n, max(0, cohort + 1 - FIRST_YEAR)]
            found[:, :, n] = np.minimum(first, first[list(partner)]) * EXCHANGE_PERCENT // 100
    alone = [n for n, other in enumerate(partner) if n == other]
    found[alone] = 0
    return found


def _own_from(counts: Ints, exchange: Ints, partner: tuple[int, ...]) -> Ints:
    needed = np.zeros(counts.shape[:3], dtype=np.int64)
    for n, cohort in enumerate(COHORTS):
        first = max(0, cohort + 1 - FIRST_YEAR)
        last = min(len(YEARS), cohort + AGES + 1 - FIRST_YEAR)
        own = np.maximum(counts[:, :, n, first:last] - exchange[:, :, n, None], 0)
        needed[:, :, n] = own[..., 0] + np.maximum(np.diff(own, axis=-1), 0).sum(axis=-1)
    opens = np.array([n < other for n, other in enumerate(partner)])
    needed += 2 * exchange * opens[:, None, None]
    return np.cumsum(needed, axis=0) - needed


def _births(counts: Ints, exchange: Ints) -> Ints:
    found = np.zeros((counts.shape[0], len(COHORTS)), dtype=np.int64)
    for n, cohort in enumerate(COHORTS):
        if cohort >= FIRST_YEAR:
            first = cohort + 1 - FIRST_YEAR
            own = np.maximum(counts[:, :, n, first] - exchange[:, :, n], 0)
            found[:, n] = (own + exchange[:, :, n]).sum(axis=1)
    return found


def _mother_years(cohort: int) -> tuple[int, int]:
    """Return the first birth year of a year's mothers, and the number of birth years."""
    low = cohort - OLDEST_MOTHER
    return low, min(cohort - YOUNGEST_MOTHER, LAST_MOTHER) - low + 1


def _mother_from(births: Ints) -> tuple[Ints, ...]:
    used: dict[int, int] = {}
    found = []
    for n, cohort in enumerate(COHORTS):
        low, span = _mother_years(cohort)
        found.append(np.array([used.get(low + y, 0) for y in range(span)], dtype=np.int64))
        rounds = -(-int(births[:, n].sum()) // span)
        used |= {low + y: used.get(low + y, 0) + rounds for y in range(span)}
    if any(number > capacity(year, MOTHER_ROUNDS) for year, number in used.items()):
        raise ValueError("more mothers than numbers")
    return tuple(found)


def _check(residents: Residents) -> None:
    """Check that every slot is below the capacity of its birth year."""
    last = residents.own_from[-1] + residents.counts[-1].max(axis=-1) * 3
    for n, cohort in enumerate(COHORTS):
        if (last[:, n] > capacity(cohort)).any():
            raise ValueError(f"more children than numbers in {cohort}")
