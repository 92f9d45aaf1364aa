"""Working days in school weeks: weekends, holidays and school breaks do not count."""

from __future__ import annotations

from datetime import date

import pytest

from kpr_stream.exporter.school_days import school_breaks, school_days_between

COUNTED = [
    (date(2026, 3, 9), date(2026, 3, 10), 0, "neither the first nor the last day counts"),
    (date(2026, 3, 9), date(2026, 3, 13), 3, "Tuesday to Thursday"),
    (date(2026, 3, 13), date(2026, 3, 16), 0, "a weekend"),
    (date(2026, 2, 13), date(2026, 3, 9), 0, "the weeks of all winter breaks"),
    (date(2026, 3, 27), date(2026, 4, 8), 0, "from the Monday before Easter to the Tuesday after"),
    (date(2026, 3, 27), date(2026, 4, 9), 1, "the Wednesday after Easter"),
    (date(2026, 6, 19), date(2026, 8, 18), 1, "the summer: only the Monday of week 34"),
    (date(2025, 12, 12), date(2026, 1, 6), 1, "Christmas, over the turn of the year"),
    (date(2026, 5, 12), date(2026, 5, 18), 2, "Ascension Day is a holiday"),
    (date(2026, 3, 12), date(2026, 3, 9), 0, "a clock that was set back"),
]


@pytest.mark.parametrize(("since", "today", "days", "why"), COUNTED)
def test_days_are_counted(since: date, today: date, days: int, why: str) -> None:
    assert school_days_between(since, today) == days, why


def test_a_school_year_has_somewhat_less_than_its_190_days_where_all_breaks_are_left_out() -> None:
    assert 160 < school_days_between(date(2025, 8, 1), date(2026, 7, 1)) < 190


def test_every_break_lies_in_a_year() -> None:
    breaks = school_breaks()
    assert breaks.weeks
    assert breaks.weeks <= set(range(1, 54))
    assert breaks.around_easter == set(range(-6, 3))
