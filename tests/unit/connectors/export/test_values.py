from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from kpr_stream.connectors.export import values
from kpr_stream.connectors.export.values import Instant, JsonNumber, UnreadableValueError


def micros(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp()) * 1_000_000  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (
            "2025-01-07T10:15:00.1234567+01:00",
            Instant(micros(2025, 1, 7, 9, 15) + 123456, 60, False),
        ),
        ("2025-01-07T09:15:00Z", Instant(micros(2025, 1, 7, 9, 15), 0, False)),
        ("2025-01-07T10:15:00", Instant(micros(2025, 1, 7, 9, 15), 60, False)),
        ("2025-07-07T10:15", Instant(micros(2025, 7, 7, 8, 15), 120, False)),
        ("2025-07-07 10:15:00,5 +0200", Instant(micros(2025, 7, 7, 8, 15) + 500000, 120, False)),
        ("2025-07-07", Instant(micros(2025, 7, 6, 22), 120, True)),
        # The hour that comes twice when summer time ends is taken as the first.
        ("2025-10-26T02:30:00", Instant(micros(2025, 10, 26, 0, 30), 120, False)),
        ("1969-12-31T23:59:59.9Z", Instant(-100_000, 0, False)),
        ("2025-01-07T10:15:00+01", Instant(micros(2025, 1, 7, 9, 15), 60, False)),
        ("20250107T091500z", Instant(micros(2025, 1, 7, 9, 15), 0, False)),
        ("2025-01-07T24:00:00Z", Instant(micros(2025, 1, 8), 0, False)),
        # Programs write these in place of no time.
        ("1970-01-01T01:00:00+01:00", None),
        ("0001-01-01T00:00:00", None),
        (" ", None),
        (None, None),
    ],
)
def test_instants_keep_microseconds_and_offset(written: object, read: Instant | None) -> None:
    assert values.instant(written) == read


@pytest.mark.parametrize(
    "written",
    [
        "7.1.2025 10:15",
        "2025-02-29T10:00:00Z",
        "2025-01-07T24:00:01Z",
        "2025-01-07T10:15:60Z",
        "0001-01-01T00:00:00+14:00x",
        "2025-01-07T10:15:00+25:00",
        "2025-01-07T",
        JsonNumber("20250107"),
        True,
        ["2025-01-07"],
    ],
)
def test_no_instant_is_guessed(written: object) -> None:
    with pytest.raises(UnreadableValueError):
        values.instant(written)


@pytest.mark.parametrize(
    ("written", "factor", "read"),
    [
        (JsonNumber("3520"), 1, 3520),
        (JsonNumber("3.52"), 1000, 3520),
        ("3,52", 1000, 3520),
        (JsonNumber("0.0005"), 1000, 1),
        (JsonNumber("1e2"), 10, 1000),
        ("", 1, None),
        (None, 1, None),
    ],
)
def test_measures_become_whole_grams_and_millimetres(
    written: object, factor: int, read: int | None
) -> None:
    assert values.quantity(written, factor=factor) == read


@pytest.mark.parametrize(
    "written",
    ["ca. 8", "NaN", "Infinity", JsonNumber("1e999999999"), "3.000.000", True, {}, "9" * 12],
)
def test_no_measure_is_guessed(written: object) -> None:
    with pytest.raises(UnreadableValueError):
        values.quantity(written, factor=1000)


def test_a_float_could_not_have_kept_this() -> None:
    assert values.text(JsonNumber("9007199254740993")) == "9007199254740993"


@pytest.mark.parametrize(
    "written", [JsonNumber("1.0"), JsonNumber("-1"), JsonNumber("1E5"), "\ud800"]
)
def test_text_that_is_none(written: object) -> None:
    with pytest.raises(UnreadableValueError):
        values.text(written)


@pytest.mark.parametrize(
    ("written", "day_first", "read"),
    [
        ("2024-12-31", False, date(2024, 12, 31)),
        ("31.12.2024", True, date(2024, 12, 31)),
        ("1.2.2024", True, date(2024, 2, 1)),
        ("2024-12-31T00:00:00", True, date(2024, 12, 31)),
        ("2024-12-31T00:00:00.000+01:00", False, date(2024, 12, 31)),
        ("20241231", False, date(2024, 12, 31)),
        ("2024-12-30T24:00Z", False, date(2024, 12, 31)),
        ("1970-01-01", False, date(1970, 1, 1)),
    ],
)
def test_dates(*, written: str, day_first: bool, read: date) -> None:
    days = values.day(written, day_first=day_first)
    assert days == (read - date(1970, 1, 1)).days


@pytest.mark.parametrize("written", ["0001-01-01", "0001-01-01T00:00:00+01:00", "01.01.0001"])
def test_what_programs_write_for_no_date_is_none(written: str) -> None:
    assert values.day(written, day_first=True) is None


@pytest.mark.parametrize("written", ["31.12.2024", "2024-13-01", "2024-12-31T10:00:00", "x"])
def test_no_date_is_guessed(written: str) -> None:
    with pytest.raises(UnreadableValueError):
        values.day(written, day_first=False)


OTHER_DIGITS = ("٣٠", "३०", "３０", "²", "3٠")


@pytest.mark.parametrize("written", [*OTHER_DIGITS, "4_5", "NaN", "1e", "4.5.6", "--4", "4 5"])
def test_only_0_to_9_are_digits_of_a_measure(written: str) -> None:
    with pytest.raises(UnreadableValueError):
        values.quantity(written, factor=10)


def test_forms_of_a_measure() -> None:
    read = {"4.5": 45, "4,5": 45, "+4.5": 45, ".5": 5, "4.": 40, "4.5E0": 45, "45e-1": 45}
    assert {written: values.quantity(written, factor=10) for written in read} == read


def test_whole_numbers() -> None:
    assert values.integer("30") == 30
    assert values.integer(JsonNumber("30.0")) == 30
    for written in ("30.5", "1" * 11, "tretti", *OTHER_DIGITS, "1_000", "0x1e", "Infinity"):
        with pytest.raises(UnreadableValueError):
            values.integer(written)


def test_padding_only_pads_digits() -> None:
    assert values.padded("301", 4) == "0301"
    assert values.padded("03011", 4) is None
    assert values.padded("0301", 4) == "0301"
    for written in ("0", "3", "01", "30", "٠٣٠١", "03_1", ""):
        assert values.padded(written, 4) is None
    assert values.padded("3a", 4) is None
