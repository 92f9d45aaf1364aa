"""The work for an input grows with its length at most, and a target that checks it can fail."""

from __future__ import annotations

import polars as pl
import pytest

from kpr_stream.model import identifiers
from tests.fuzz.growth import GROWTHS, TEXTS, Growth, require_linear
from tests.fuzz.work import TooMuchWork

CHOICES = range(0, 36, 5)
_TEXT = GROWTHS[0]
ASKED_AGAIN = 8


@pytest.mark.parametrize("growth", GROWTHS, ids=lambda growth: growth.name)
def test_work_grows_with_the_input_at_most(growth: Growth) -> None:
    for choice in CHOICES:
        for pattern in ("1", "20812450051 ", "x1_"):
            require_linear(growth, pattern, choice, 64)


@pytest.mark.long
@pytest.mark.parametrize("name", ["consultation_id", "appointment_id", "person_local_id"])
def test_a_search_of_a_query_for_each_digit_is_found(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    choice = TEXTS.index(name)
    for _ in range(2):
        require_linear(_TEXT, "1" * 12, choice, 1)
        with monkeypatch.context() as once:
            once.setattr(identifiers, "holds_national_id", _a_query_for_each_digit)
            with pytest.raises(TooMuchWork):
                require_linear(_TEXT, "1" * 12, choice, 1)


def test_quadratic_work_is_found() -> None:
    quadratic = Growth(
        "quadratic", lambda pattern, _, often: pattern * often, lambda text: _pairs(len(text))
    )
    with pytest.raises(TooMuchWork):
        require_linear(quadratic, "xxx", 0, 64)


def _pairs(length: int) -> int:
    return sum(one < other for one in range(length) for other in range(length))


def _a_query_for_each_digit(texts: pl.Series, *, from_2032: bool) -> pl.Series:
    """Search as this project once did: one query for each place in the longest text.

    Each query is asked more than once: on a fast machine the work would stay below what is noise.
    """
    found = pl.Series([False]).new_from_index(0, len(texts))
    longest = texts.str.len_bytes().max()
    places = range((longest if isinstance(longest, int) else 0) - 10)
    for start in sorted([*places] * ASKED_AGAIN):
        number = identifiers.eleven_digits(pl.col("text").str.slice(start, 11))
        numbers = texts.to_frame("text").select(number=number)
        sums = identifiers.control_sums(pl.col("number"))
        valid = identifiers.control_digits_hold(sums, from_2032=from_2032)
        form = identifiers.form_of(pl.col("number")).is_not_null()
        found |= numbers.select((valid & form).fill_null(value=False)).to_series()
    return found
