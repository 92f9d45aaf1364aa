from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest
from stdnum.exceptions import ValidationError
from stdnum.no import fodselsnummer, orgnr

from kpr_stream.model.birth_years import possible_years
from kpr_stream.model.person_id import IdKind
from kpr_stream.simulate.identifiers import IdPool, duf_number, org_nr, with_control_digits

SOME = 300


def ids(*, d_number: bool) -> list[str]:
    random, pool = Random(7), IdPool()  # noqa: S311 - the same ids in every run
    found = [
        pool.national_id(
            random, date(1985, 1, 1) + timedelta(days=47 * n), male=n % 2 == 0, d_number=d_number
        )
        for n in range(SOME)
    ]
    return [number for number in found if number is not None]


@pytest.mark.parametrize("d_number", [False, True])
def test_no_national_id_could_be_a_real_persons(*, d_number: bool) -> None:
    found = ids(d_number=d_number)
    assert len(set(found)) == SOME
    for number in found:
        assert 81 <= int(number[2:4]) <= 92
        assert (int(number[:2]) > 40) == d_number
        with pytest.raises(ValidationError):
            fodselsnummer.validate(number)


def test_the_control_digits_are_those_of_real_numbers() -> None:
    # An independent implementation computes them for the same nine digits.
    for number in ids(d_number=False):
        assert number[9] == fodselsnummer.calc_check_digit1(number)
        assert number[10] == fodselsnummer.calc_check_digit2(number)


def test_d_numbers_of_children_are_of_the_series_of_today() -> None:
    random, pool = Random(3), IdPool()  # noqa: S311
    born = date(2018, 1, 1)
    found = [pool.national_id(random, born, male=True, d_number=True) for _ in range(100)]
    series = [int(number[6:9]) for number in found if number is not None]
    assert len(series) == 100
    assert min(series) < 300
    assert all(born.year in possible_years(IdKind.DNR, 18, n) for n in series)


def test_digits_without_a_valid_control_digit_give_nothing() -> None:
    given = [with_control_digits(f"{n:09}") for n in range(500)]
    assert None in given
    assert all(number is None or len(number) == 11 for number in given)


def test_a_full_day_gives_nothing_more() -> None:
    random, pool = Random(1), IdPool()  # noqa: S311
    born = date(2020, 5, 5)
    found = [pool.national_id(random, born, male=True, d_number=False) for _ in range(400)]
    given = [number for number in found if number is not None]
    assert None in found
    assert len(set(given)) == len(given) <= 250


def test_organisation_numbers_are_valid_and_distinct() -> None:
    found = [org_nr(n) for n in range(200)]
    assert len(set(found)) == 200
    assert all(orgnr.is_valid(number) and number.startswith("80") for number in found)


def test_duf_numbers_have_twelve_digits() -> None:
    number = duf_number(Random(1))  # noqa: S311
    assert len(number) == 12
    assert number.isdigit()
