"""Dates and times in every form of ISO 8601 and RFC 3339; the instants are counted by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.model.iso_time import OSLO, UnreadableTimeError, read
from kpr_stream.model.limits import MAX_TIME_LETTERS


def micros(*when: int) -> int:
    at = datetime(*when, tzinfo=UTC)  # type: ignore[arg-type, misc]
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


_THEN = micros(2026, 7, 2, 1, 4, 5)
"""Every form of `_FORMS` is this instant."""
_FORMS = [
    *(f"2026-07-02T03:04:05{offset}" for offset in ("+02:00", "+0200", "+02", " +02:00", " +02")),
    "2026-07-02T01:04:05Z",
    "2026-07-02t01:04:05z",
    "2026-07-02 01:04:05 Z",
    "2026-07-02T01:04:05-00:00",
    "2026-07-02T01:04:05+0000",
    "2026-07-01T13:04:05-12:00",
    "2026-07-02T15:04:05+14:00",
    "2026-07-02T06:34:05+05:30",
    "2026-07-01T21:04:05\u221204:00",
    "20260702T030405+0200",
    "20260702T030405+02",
    "20260702T010405Z",
    "20260702 030405",
    "2026-07-02T03:04:05",
    "2026-W27-4T03:04:05",
    "2026W274T030405",
    "2026-183T03:04:05",
    "2026183T030405",
    "2026-07-02T03:04:05.000000999999999999",
    "2026-07-02T03:04:05,0",
]


@pytest.mark.parametrize("written", _FORMS)
def test_every_form_is_one_instant(written: str) -> None:
    found = read(written).instant
    assert found is not None
    assert found[0] == _THEN


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026-01-31T24:00:00Z", (2026, 2, 1)),
        ("2026-12-31T24:00Z", (2027, 1, 1)),
        ("20261231T240000Z", (2027, 1, 1)),
        ("2026-12-31T24Z", (2027, 1, 1)),
        ("2026-12-31T24:00:00.000Z", (2027, 1, 1)),
        ("2016-12-31T23:59:60Z", (2016, 12, 31, 23, 59, 59, 999999)),
        ("2016-12-31T23:59:60.5Z", (2016, 12, 31, 23, 59, 59, 999999)),
        ("2017-01-01T00:59:60+01:00", (2016, 12, 31, 23, 59, 59, 999999)),
        ("2017-01-01T00:59:60", (2016, 12, 31, 23, 59, 59, 999999)),
        ("2017-01-01T05:29:60+05:30", (2016, 12, 31, 23, 59, 59, 999999)),
        ("20161231T235960Z", (2016, 12, 31, 23, 59, 59, 999999)),
        ("2026-01-02T03Z", (2026, 1, 2, 3)),
        ("2026-01-02T03,5Z", (2026, 1, 2, 3, 30)),
        ("2026-01-02T03:04.25Z", (2026, 1, 2, 3, 4, 15)),
        ("2026-01-02T03:04:05.9999999999Z", (2026, 1, 2, 3, 4, 5, 999999)),
        ("2026-01-02T03:04:59.99999999999999999999Z", (2026, 1, 2, 3, 4, 59, 999999)),
        ("2024-02-29T00:00:00Z", (2024, 2, 29)),
        ("2024-366T00Z", (2024, 12, 31)),
        ("2020-W53-7T00Z", (2021, 1, 3)),
    ],
)
def test_what_a_form_means(written: str, at: tuple[int, ...]) -> None:
    found = read(written).instant
    assert found is not None
    assert found[0] == micros(*at)


@pytest.mark.parametrize(
    "written",
    [
        *("", "x", "2026", "2026-07", "26-07-02", "202607", "+002026-07-02", "2026-7-2"),
        *("2026-02-30", "2026-13-01", "2026-00-01", "2025-366", "2026-000", "2025-W53-1"),
        *(f"2026-07-02T03:04:05{offset}" for offset in ("+02:60", "+23:59", "+14:01", "-12:01")),
        *(f"2026-07-02T03:04:05{offset}" for offset in ("+", "+2", "+02:0", "  Z", "CET", "-15")),
        *("2026-07-02T", "2026-07-02T24:00:01Z", "2026-07-02T24:01Z", "2026-07-02T25:00Z"),
        *("2026-07-02T24:59:60Z", "2026-07-02T10:60Z", "2026-07-02T10:15:61Z"),
        *("2026-07-02T10:15:60Z", "2026-07-02T23:60:60Z", "2026-07-02T24:00:00.1Z"),
        *("2026-07-02T3:04Z", "2026-07-02T03:04:05.Z", "2026-07-02T0304:05Z", "2026-07-02T030Z"),
        *("2026-07-02T03:04:05Zulu", "2026-07-02T03:04:05Z\n", " 2026-07-02", "2026-0702"),
        *("２０２６-07-02", "2026-07-0٢", "2_26-07-02", "9999-12-31T24:00Z", "2026-07-02Z"),
        "2026-07-02T03:04:05." + "0" * MAX_TIME_LETTERS,
    ],
)
def test_no_time_is_guessed(written: str) -> None:
    with pytest.raises(UnreadableTimeError):
        read(written)


@pytest.mark.parametrize("written", ["9999-12-31T23:59:59-01:00", "9999-12-31T12:00:00-12:00"])
def test_an_instant_that_no_calendar_holds_is_not_read(written: str) -> None:
    with pytest.raises(UnreadableTimeError):
        _ = read(written).instant


@pytest.mark.parametrize(
    "written",
    [
        *(f"0001-01-01T00:00:00{offset}" for offset in ("", "Z", "z", "+01:00", "+00:43", "-05")),
        *("0001-01-01", "00010101", "0001-001", "0001-01-01T01:00:00+01:00", "0001-01-01 00:00"),
        *("0000-12-31T23:00:00Z", "0000-12-31T23:17:00Z", "0000-00-00", "0000-00-00 00:00:00"),
        *("1970-01-01T00:00Z", "1970-01-01T00:00:00z", "19700101T000000Z", "1970-01-01"),
        *("1970-01-01T01:00+01:00", "1970-01-01T01:00:00", "1970-01-01T00:00:00"),
        *("1970-01-01T00:00:00+01:00", "1969-12-31T24:00Z", "1969-12-31T19:00-05"),
    ],
)
def test_what_programs_write_for_no_time_is_none(written: str) -> None:
    assert read(written).instant is None


@pytest.mark.parametrize(
    "written", ["1970-01-01T00:00:01Z", "1970-01-02", "0001-01-02", "1970-01-01T02:00+01:00"]
)
def test_its_neighbours_are_times(written: str) -> None:
    assert read(written).instant is not None


@pytest.mark.parametrize(
    ("written", "on"),
    [
        *(
            (f"2024-12-31{time}", date(2024, 12, 31))
            for time in ("", "T00:00", "T00:00:00Z", " 00:00:00", "t00:00:00.000z", "T00+02")
        ),
        ("2024-12-30T24:00:00", date(2024, 12, 31)),
        ("20241231T000000+0100", date(2024, 12, 31)),
        ("20241231", date(2024, 12, 31)),
        ("2024-12-30T23:00:00Z", date(2024, 12, 31)),
        ("2024-06-30T22:00:00.000Z", date(2024, 7, 1)),
        ("2024-12-31T10:00:00", None),
        ("2024-12-31T00:00:00.000001", None),
        ("2024-06-30T23:00:00Z", None),
    ],
)
def test_a_midnight_is_its_date(written: str, on: date | None) -> None:
    assert read(written).midnight_of == on


def test_the_offset_without_a_zone_is_the_norwegian_one_at_that_instant() -> None:
    # 02:30 does not exist on 2025-03-30, and occurs twice on 2025-10-26.
    assert read("2025-03-30T02:30:00").instant == (micros(2025, 3, 30, 1, 30), 120)
    assert read("2025-10-26T02:30:00").instant == (micros(2025, 10, 26, 0, 30), 120)
    assert read("2025-01-07").instant == (micros(2025, 1, 6, 23), 60)


@given(st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 30)), st.integers(-720, 840))  # noqa: DTZ001
def test_what_python_writes_is_read(local: datetime, offset: int) -> None:
    sign, size = "-" if offset < 0 else "+", abs(offset)
    written = f"{local.isoformat()}{sign}{size // 60:02}:{size % 60:02}"
    expected = datetime.fromisoformat(written)
    found = read(written)
    since = (expected - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert found.local == local
    assert found.instant == (since, offset) or since == 0


@given(st.datetimes(datetime(1980, 1, 1), datetime(2037, 12, 30)))  # noqa: DTZ001
def test_a_time_without_offset_is_norwegian(local: datetime) -> None:
    found = read(local.isoformat()).instant
    assert found is not None
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=found[0])
    norwegian = at.astimezone(OSLO)
    skipped = norwegian.replace(tzinfo=None) != local
    assert norwegian.replace(tzinfo=None) - local == timedelta(hours=1 if skipped else 0)
    assert norwegian.utcoffset() == timedelta(minutes=found[1])


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = read(text)
    except UnreadableTimeError:
        return
    assert found.local.year >= 1
