"""File numbers that are missing, and days without a file."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.connectors.export.names import ExportFile
from kpr_stream.connectors.report.holes import Range, days_without_file, missing_numbers
from kpr_stream.model.words import MessageType

FIRST = date(2026, 1, 1)
DAY = timedelta(days=1)


def file(number: int, day: int, *, days: int = 1, kind: str = "consultation") -> ExportFile:
    return ExportFile(
        path=Path("f"),
        number=number,
        message_type=MessageType(kind),
        period_from=FIRST + DAY * day,
        period_to=FIRST + DAY * (day + days - 1),
        extracted_at=0,
    )


def test_numbers_between_two_files_are_missing() -> None:
    assert missing_numbers([file(1, 0), file(4, 1), file(5, 2), file(9, 3)]) == [
        Range(2, 3),
        Range(6, 8),
    ]
    assert missing_numbers([]) == missing_numbers([file(7, 0)]) == []


def test_a_day_without_a_file_is_quiet_or_lost_by_the_numbers() -> None:
    (quiet,) = days_without_file([file(1, 0), file(2, 3)])
    assert (quiet.first, quiet.last, quiet.lost) == (FIRST + DAY, FIRST + 2 * DAY, False)
    (lost,) = days_without_file([file(1, 0), file(3, 3)])
    assert lost.lost
    # The number between them is a file of the other type.
    (other,) = days_without_file([file(1, 0), file(2, 0, kind="appointment"), file(3, 3)])
    assert not other.lost


def test_an_earlier_day_that_comes_late_leaves_no_hole() -> None:
    assert days_without_file([file(1, 0), file(2, 2), file(3, 1)]) == []


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 5)), max_size=15))
def test_holes_are_the_days_between_that_no_file_covers(periods: list[tuple[int, int]]) -> None:
    files = [file(n, day, days=days) for n, (day, days) in enumerate(periods)]
    covered = {day + more for day, days in periods for more in range(days)}
    expected = set(range(min(covered), max(covered))) - covered if covered else set()
    found = [
        (hole.first - FIRST).days + more
        for hole in days_without_file(files)
        for more in range((hole.last - hole.first).days + 1)
    ]
    assert sorted(found) == sorted(expected)
