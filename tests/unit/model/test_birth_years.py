"""The table of birth years: Skatteetaten's figures by hand, and every row at its ends."""

from __future__ import annotations

from contextlib import suppress
from itertools import product

import pytest
from stdnum.no import fodselsnummer

from kpr_stream.model.birth_years import BIRTH_YEARS, BirthYears, possible_years
from kpr_stream.model.person_id import IdKind

FNR, DNR = IdKind.FNR, IdKind.DNR


@pytest.mark.parametrize(
    ("individual", "within", "years"),
    [
        (0, 0, (1900,)),
        (499, 0, (1900,)),
        (499, 39, (1939,)),
        (499, 99, (1999,)),
        (500, 0, (2000,)),
        (500, 39, (2039,)),
        (999, 39, (2039,)),
        (500, 40, ()),
        (749, 53, ()),
        (500, 54, (1854,)),
        (749, 99, (1899,)),
        (750, 54, ()),
        (750, 99, ()),
        (899, 40, ()),
        (899, 99, ()),
        (900, 40, (1940,)),
        (999, 99, (1999,)),
    ],
)
def test_the_years_of_a_fodselsnummer(individual: int, within: int, years: tuple[int, ...]) -> None:
    assert possible_years(FNR, within, individual) == years


@pytest.mark.parametrize(
    ("individual", "within", "years"),
    [
        (0, 0, (1900,)),
        (199, 0, (1900,)),
        (199, 39, (1939,)),
        # Moved to the 2000s. A number issued before may be of the 1900s.
        (200, 0, (2000, 1900)),
        (200, 18, (2018, 1918)),
        (200, 39, (2039, 1939)),
        (499, 39, (2039, 1939)),
        (500, 0, (2000,)),
        (999, 39, (2039,)),
        (0, 40, (1940,)),
        (200, 40, (1940,)),
        (499, 99, (1999,)),
        (500, 40, ()),
        (599, 53, ()),
        (500, 54, (1854,)),
        (500, 57, (1857,)),
        (500, 58, (1858,)),
        (599, 99, (1899,)),
        # Moved to the 1900s in the same way.
        (600, 40, (1940,)),
        (600, 53, (1953,)),
        (600, 54, (1954, 1854)),
        (749, 99, (1999, 1899)),
        (750, 40, (1940,)),
        (899, 99, (1999,)),
        (900, 40, (1940,)),
        (999, 99, (1999,)),
    ],
)
def test_the_years_of_a_d_number(individual: int, within: int, years: tuple[int, ...]) -> None:
    assert possible_years(DNR, within, individual) == years


def test_a_fodselsnummer_is_of_the_year_that_the_oracle_says() -> None:
    for within, individual in product(range(100), range(1000)):
        years = possible_years(FNR, within, individual)
        # The oracle refuses dates in the future too, which the table does not know.
        past = tuple(year for year in years if year < 2024)
        assert past == _year_of_the_oracle(f"0101{within:02}{individual:03}00")


def _year_of_the_oracle(digits: str) -> tuple[int, ...]:
    with suppress(fodselsnummer.InvalidComponent):
        year: int = fodselsnummer.get_birth_date(digits).year
        return (year,) if year < 2024 else ()
    return ()


@pytest.mark.parametrize("row", BIRTH_YEARS, ids=lambda r: f"{r.kind}-{r.individual}-{r.years}")
def test_every_row_holds_at_its_ends(row: BirthYears) -> None:
    for individual, year in product(row.individual, row.years):
        assert year in possible_years(row.kind, year % 100, individual)
    assert row.years[0] // 100 == row.years[1] // 100
    assert row.source


def test_one_time_of_issue_never_leaves_two_years() -> None:
    for kind, since in {(row.kind, row.issued_from) for row in BIRTH_YEARS}:
        rows = [row for row in BIRTH_YEARS if (row.kind, row.issued_from) == (kind, since)]
        for within, individual in product(range(100), range(1000)):
            years = [
                century + within
                for century in (1800, 1900, 2000)
                if any(_holds(row, individual, century + within) for row in rows)
            ]
            assert len(years) <= 1
            assert set(years) <= set(possible_years(kind, within, individual))


def _holds(row: BirthYears, individual: int, year: int) -> bool:
    return (
        row.individual[0] <= individual <= row.individual[1]
        and row.years[0] <= year <= row.years[1]
    )
