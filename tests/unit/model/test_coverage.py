"""Which months a period covers, as bits from January 2017."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from kpr_stream.model.coverage import holes, month_names, months_covered, months_until

NOW = round(datetime(2024, 3, 5, 12, tzinfo=UTC).timestamp() * 1000)


def day(year: int, month: int, number: int) -> int:
    return (date(year, month, number) - date(1970, 1, 1)).days


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        (day(2024, 3, 4), day(2024, 3, 4), ["2024-03"]),
        (day(2023, 12, 31), day(2024, 2, 1), ["2023-12", "2024-01", "2024-02"]),
        (day(2016, 1, 1), day(2017, 2, 1), ["2017-01", "2017-02"]),
        # A month that has not come is not covered, whatever the sender claims.
        (day(2024, 2, 28), day(2031, 1, 1), ["2024-02", "2024-03"]),
        (day(2024, 2, 2), day(2024, 2, 1), []),
        (day(1999, 1, 1), day(2016, 12, 31), []),
        (-(2**31), 2**31 - 1, None),
        (2**31 - 1, -(2**31), []),
    ],
)
def test_the_months_of_a_period(first: int, last: int, months: list[str] | None) -> None:
    found = month_names(months_covered(first, last, at=NOW))
    expected = months if months is not None else month_names(months_until(date(2024, 3, 5)))
    assert found == expected


def test_all_months_until_a_day_hold_its_own() -> None:
    assert month_names(months_until(date(2017, 1, 1))) == ["2017-01"]
    assert len(month_names(months_until(date(2026, 12, 31)))) == 120
    assert months_until(date(2016, 12, 31)) == 0


def test_holes_are_named_from_the_first_to_the_last_of_each() -> None:
    expected = months_until(date(2017, 8, 1))
    covered = months_covered(day(2017, 1, 1), day(2017, 2, 1), at=NOW)
    covered |= months_covered(day(2017, 5, 1), day(2017, 5, 31), at=NOW)
    assert holes(covered, expected) == [("2017-03", "2017-04"), ("2017-06", "2017-08")]
    assert holes(expected, expected) == []
    assert holes(0, expected) == [("2017-01", "2017-08")]
