from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kpr_stream.connectors.export.names import ExportFile, parse_name
from kpr_stream.connectors.report.quiet import Covered, covered_by, quiet_period
from kpr_stream.model.words import MessageType


def file(number: int, period: str, kind: str = "HST_Konsultasjon") -> ExportFile:
    return parse_name(Path(f"{number:06}_{kind}_{period}_20260201T040000Z.json"))


FRIDAY = Covered(date(2026, 1, 9), 7)


@pytest.mark.parametrize(
    ("after", "numbers", "days"),
    [
        (file(8, "2026-01-12"), {7}, (date(2026, 1, 10), date(2026, 1, 11))),
        (file(10, "2026-01-12"), {7, 8, 9}, (date(2026, 1, 10), date(2026, 1, 11))),
        (file(10, "2026-01-12"), {7, 9}, None),
        (file(8, "2026-01-10"), {7}, None),
        (file(8, "2026-01"), {7}, None),
        (file(6, "2026-01-12"), {7}, None),
        (file(8, "2026-03-20"), {7}, (date(2026, 1, 10), date(2026, 3, 19))),
        (file(8, "2026-03-22"), {7}, None),
        (file(9_000_000, "2026-01-12"), {7}, None),
    ],
    ids=[
        *("a weekend", "other files meanwhile", "a number is missing", "the next day"),
        *("an earlier day again", "a lower number", "a summer", "too long to be quiet"),
        "a number far away",
    ],
)
def test_days_are_quiet_if_no_number_is_missing(
    after: ExportFile, numbers: set[int], days: tuple[date, date] | None
) -> None:
    assert quiet_period(FRIDAY, after, numbers) == days


def test_the_first_file_of_a_unit_has_nothing_before_it() -> None:
    assert quiet_period(None, file(8, "2026-01-12"), {7}) is None


def test_a_type_reaches_as_far_as_its_last_day() -> None:
    files = [
        file(1, "2026-01-01--2026-01-09"),
        file(3, "2026-01-02"),
        file(4, "2026-01-20", "HST_Avtale"),
    ]
    assert covered_by(files, MessageType.CONSULTATION) == Covered(date(2026, 1, 9), 1)
    assert covered_by(files, MessageType.APPOINTMENT) == Covered(date(2026, 1, 20), 4)
    assert covered_by([], MessageType.APPOINTMENT) is None
