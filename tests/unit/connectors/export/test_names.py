"""What the name of a file says, and what is assumed if it says nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from kpr_stream.connectors.export.names import (
    ExportFile,
    as_text,
    assumed_file,
    parse_name,
    require_usable_extraction,
    shown,
)
from kpr_stream.errors import ExportError
from kpr_stream.model.words import MessageType
from tests.unit.connectors.exports import NAME

NOW_MS = 1_738_382_400_000


@pytest.mark.parametrize(
    ("name", "period"),
    [
        (NAME, (date(2025, 1, 1), date(2025, 1, 31))),
        ("000001_HST_Avtale_2024-02_20250201T040000Z.json", (date(2024, 2, 1), date(2024, 2, 29))),
        (
            "000001_HST_Avtale_9999-12_20250201T040000Z.json",
            (date(9999, 12, 1), date(9999, 12, 31)),
        ),
        (
            "000001_HST_Avtale_0001-01_20250201T040000Z.json",
            (date(1, 1, 1), date(1, 1, 31)),
        ),
        (
            "000001_HST_Konsultasjon_2025-01-03_20250104T040000Z.json",
            (date(2025, 1, 3), date(2025, 1, 3)),
        ),
        (
            "000001_HST_Konsultasjon_2025-01-03--2025-02-01_20250204T040000Z.json",
            (date(2025, 1, 3), date(2025, 2, 1)),
        ),
    ],
)
def test_the_name_says_type_period_and_extraction(name: str, period: tuple[date, date]) -> None:
    found = parse_name(Path(name))
    assert (found.period_from, found.period_to) == period
    expected = MessageType.APPOINTMENT if "Avtale" in name else MessageType.CONSULTATION
    assert found.message_type is expected
    assert found.extracted_at % 86_400_000 == 4 * 3_600_000


@pytest.mark.parametrize(
    "name",
    [
        "export.txt.json",
        "1_HST_Konsultasjon_2025-01_20250201T040000Z.json",
        "000001_HST_Konsultasjon_2025-13_20250201T040000Z.json",
        "000001_HST_Konsultasjon_2025-01_20250231T040000Z.json",
        "000001_HST_Konsultasjon_2025-01--2025-01-31_20250201T040000Z.json",
        "000001_HST_Konsultasjon_2025-01-03--2025-01-02_20250201T040000Z.json",
        "000001_HST_Konsultasjon_0000-01_20250201T040000Z.json",
        "000001_HST_Konsultasjon_2025-01_20250201T250000Z.json",
        "٠٠٠٠٠١_HST_Konsultasjon_2025-01_20250201T040000Z.json",
        "000001_HST_Konsultasjon_２０２５-01_20250201T040000Z.json",
        "000001_HST_Konsultasjon_2025-01_20250201T040000Z.json\n",
    ],
)
def test_a_name_that_says_nothing_is_refused(name: str) -> None:
    with pytest.raises(ExportError, match="file name"):
        parse_name(Path(name))


def extracted(at: str) -> ExportFile:
    return parse_name(Path(NAME.replace("20250201T040000Z", at)))


@pytest.mark.parametrize("at", ["20170101T000000Z", "20250201T040000Z", "20250201T041000Z"])
def test_an_extraction_from_2017_until_now_is_usable(at: str) -> None:
    require_usable_extraction(extracted(at), now_ms=NOW_MS)


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        ("20161231T235959Z", "before 2017"),
        ("19700101T000000Z", "before 2017"),
        ("00010101T000000Z", "before 2017"),
        ("20250201T041001Z", "in the future"),
        ("99991231T235959Z", "in the future"),
    ],
)
def test_any_other_extraction_refuses_the_file(at: str, reason: str) -> None:
    with pytest.raises(ExportError, match=reason) as caught:
        require_usable_extraction(extracted(at), now_ms=NOW_MS)
    assert NAME[:20] in caught.value.message


def test_midnight_and_a_leap_second_are_times() -> None:
    midnight = datetime(2025, 2, 2, tzinfo=UTC).timestamp() * 1000
    assert extracted("20250201T240000Z").extracted_at == midnight
    assert extracted("20250201T235960Z").extracted_at == midnight - 1


def test_a_file_of_any_name_is_of_now() -> None:
    found = assumed_file(Path("message.txt"), MessageType.APPOINTMENT, now_ms=NOW_MS)
    assert (found.message_type, found.extracted_at) == (MessageType.APPOINTMENT, NOW_MS)
    assert (found.period_from, found.period_to) == (date(2025, 2, 1), date(2025, 2, 28))


def test_a_name_that_is_no_text_is_shown_in_escapes() -> None:
    assert as_text("a\udcffå") == "a\\udcffå"
    assert shown("a\udcff\x1b[31må\n") == "a\\udcff\\x1b[31må\\n"
