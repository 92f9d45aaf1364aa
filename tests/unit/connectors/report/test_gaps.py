from __future__ import annotations

from datetime import date
from pathlib import Path

from kpr_stream.connectors.export.names import parse_name
from kpr_stream.connectors.report.gaps import gaps, worrying_gaps
from kpr_stream.connectors.report.units import SeriesState, series_of_files

TODAY = date(2026, 1, 22)


def series(**periods: str) -> list[SeriesState]:
    """The state of a folder with these files: ``n1="2026-01-05"``."""
    files = [
        parse_name(Path(f"{int(n[1:]):06}_HST_Konsultasjon_{period}_20260201T040000Z.json"))
        for n, period in periods.items()
    ]
    return series_of_files({"800000009": files})


def test_quiet_days_are_listed_and_worry_nobody() -> None:
    found = series(n1="2026-01-16", n2="2026-01-19")
    (line,) = gaps(found)
    assert "2026-01-17 to 2026-01-18" in line
    assert "these were quiet days" in line
    assert worrying_gaps(found, today=TODAY) == []


def test_missing_numbers_and_their_days_worry() -> None:
    number, days = worrying_gaps(series(n1="2026-01-16", n3="2026-01-19"), today=TODAY)
    assert "folder 800000009: file numbers 000002 to 000002" in number
    assert "2026-01-17 to 2026-01-18: a file is missing there" in days


def test_months_without_a_file_are_not_quiet() -> None:
    (line,) = worrying_gaps(series(n1="2025-05-02", n2="2026-01-19"), today=TODAY)
    assert "too long to count as quiet days" in line


def test_an_export_that_has_stopped_is_noticed() -> None:
    found = series(n1="2026-01-16", n2="2026-01-17")
    (line,) = worrying_gaps(found, today=TODAY)
    assert "covers a day after 2026-01-17" in line
    assert worrying_gaps(found, today=date(2026, 1, 21)) == []
    assert worrying_gaps(found, today=date.min) == []
