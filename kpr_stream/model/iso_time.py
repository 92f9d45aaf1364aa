"""Read dates and times as ISO 8601 and RFC 3339 write them. Pure.

Read are the extended and the basic form (``2026-01-02T03:04:05``, ``20260102T030405``), calendar,
week and ordinal dates, times down to the hour, a decimal fraction of the last part with a full stop
or a comma, ``T`` or ``t`` or a space between date and time, ``24:00`` (the next day's midnight), a
leap second (the last microsecond of its minute), and offsets as ``Z``, ``z``, ``+02``, ``+0200`` or
``+02:00``, with or without a space before them. Not read are reduced dates (a month alone), two-
digit years, intervals and named zones: each of them leaves something to guess.

Only the digits 0 to 9 are digits: ``\\d`` and ``int`` would take those of every script.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from kpr_stream.model.limits import MAX_TIME_LETTERS

OSLO: Final = ZoneInfo("Europe/Oslo")
FIRST_OFFSET, LAST_OFFSET = timedelta(hours=-12), timedelta(hours=14)
"""The offsets from UTC that are in use on earth: Baker Island and Kiribati. A greater one is a
mistake, and the instant is then not known."""
_MIDNIGHT = time(0)
_FIRST_DAY = datetime(1, 1, 1)  # noqa: DTZ001 - a clock on a wall, in no zone
_SECOND_DAY = datetime(1, 1, 2)  # noqa: DTZ001
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001
_LAST = datetime(9999, 12, 31, 23, 59, 59, 999_999)  # noqa: DTZ001
_LAST_WHOLE_DAY = datetime(9999, 12, 30)  # noqa: DTZ001
_UTC_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NONE = timedelta()
_MICROSECOND = timedelta(microseconds=1)
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
_FIRST_MICROS = (_FIRST_DAY - _EPOCH) // _MICROSECOND
_LAST_MICROS = (_LAST - _EPOCH) // _MICROSECOND
_YEAR_0 = "0000"
"""0001-01-01 in a zone east of Greenwich is in this year in UTC. Some databases write zeros for no
date. No other date is written so: it is read as 0001-01-01."""
_LEAP_SECOND = timedelta(seconds=59, microseconds=999_999)

_DATE_LETTERS = len("2026-01-02")
_USUAL = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[-+](?:0[0-9]|1[01]):[0-5][0-9])?)?"
)
"""Forms that ``datetime.fromisoformat`` reads as this module does."""
_FORM = re.compile(
    r"(?:(?P<year>[0-9]{4})"
    r"(?:-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
    r"|-W(?P<week>[0-9]{2})-(?P<weekday>[1-7])"
    r"|-(?P<ordinal>[0-9]{3})"
    r"|(?P<basic_month>[0-9]{2})(?P<basic_day>[0-9]{2})"
    r"|W(?P<basic_week>[0-9]{2})(?P<basic_weekday>[1-7])"
    r"|(?P<basic_ordinal>[0-9]{3})))"
    r"(?:[Tt ](?P<hour>[0-9]{2})"
    r"(?::(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?"
    r"|(?P<basic_minute>[0-9]{2})(?P<basic_second>[0-9]{2})?)?"
    r"(?:[.,](?P<fraction>[0-9]+))?"
    r"(?: ?(?P<offset>[Zz]|[-+\u2212][0-9]{2}(?::?[0-9]{2})?))?)?"
)


class UnreadableTimeError(ValueError):
    """The text is not a date or time of these forms. The error does not hold the text."""


class Written(NamedTuple):
    """A date or time as it was written.

    ``local`` is the clock on the wall, without a zone; midnight if only the date was written.
    """

    local: datetime
    offset: timedelta | None
    """The written offset from UTC; None if none was written."""
    whole_day: bool
    """Only the date was written."""

    @property
    def instant(self) -> tuple[int, int] | None:
        """Return the microseconds since 1970 UTC, and the offset in minutes.

        Without a written offset the time is Norwegian; the hour that occurs twice in October is the
        first, and an hour that the clock skips in March is an hour later. None for what programs
        write in place of no time at all: 0001-01-01 (.NET and others), and 1970-01-01T00:00 (the
        Unix epoch) in UTC or on the clock that was written. UnreadableTimeError if the instant is
        outside the years 1 to 9999.
        """
        if self.is_first_day or self.local == _EPOCH:
            return None
        offset = _offset_of_day(self.local.date()) if self.offset is None else self.offset
        if offset is None:
            utc = self.local.replace(tzinfo=OSLO).astimezone(UTC)
            # Asked at the instant: in the skipped hour it is the offset of after the change.
            offset = utc.astimezone(OSLO).utcoffset() or _NONE
            micros = (utc - _UTC_EPOCH) // _MICROSECOND
        else:
            micros = (self.local - _EPOCH - offset) // _MICROSECOND
        if not _FIRST_MICROS <= micros <= _LAST_MICROS:
            raise UnreadableTimeError
        return (micros, offset // _MINUTE) if micros else None

    @property
    def midnight_of(self) -> date | None:
        """Return the date whose midnight was written; None for any other time of day.

        The midnight of the clock that was written, or the Norwegian one: a program that converts a
        date to UTC writes 23:00 or 22:00 of the day before.
        """
        if self.local.time() == _MIDNIGHT:
            return self.local.date()
        if self.offset is None:
            return None
        try:
            utc = (self.local - self.offset).replace(tzinfo=UTC)
            norwegian = utc.astimezone(OSLO)
        except OverflowError:
            return None
        return norwegian.date() if norwegian.time() == _MIDNIGHT else None

    @property
    def is_first_day(self) -> bool:
        """Return whether the date is 0001-01-01, the first that most calendars can hold."""
        return self.local < _SECOND_DAY


def read(written: str) -> Written:
    """Return a date or time; UnreadableTimeError for every other text."""
    if len(written) > MAX_TIME_LETTERS:
        raise UnreadableTimeError
    return _read_usual(written) or _read_any(written)


@lru_cache(maxsize=4_096)
def _offset_of_day(day: date) -> timedelta | None:
    """Return Norway's offset on a day that begins and ends with the same one; None on another."""
    begins = datetime.combine(day, _MIDNIGHT, OSLO)
    if begins.replace(tzinfo=None) > _LAST_WHOLE_DAY:
        return None
    offset = begins.utcoffset()
    return offset if offset == (begins + _DAY).utcoffset() else None


def _read_usual(written: str) -> Written | None:
    """Return what is written in the usual form, a third of the work; None for any other."""
    if not _USUAL.fullmatch(written):
        return None
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return None
    if found.tzinfo is None:
        return Written(found, None, len(written) == _DATE_LETTERS)
    return Written(found.replace(tzinfo=None), found.utcoffset(), whole_day=False)


def _read_any(written: str) -> Written:
    found = _FORM.fullmatch(written)
    if found is None:
        raise UnreadableTimeError
    if found["year"] == _YEAR_0:
        return Written(_FIRST_DAY, None, whole_day=found["hour"] is None)
    try:
        local = datetime.combine(_date(found), _MIDNIGHT) + _time_of_day(found)
    except (OverflowError, ValueError):
        raise UnreadableTimeError from None
    return Written(local, _offset(found["offset"]), whole_day=found["hour"] is None)


def _date(found: re.Match[str]) -> date:
    year = int(found["year"])
    if ordinal := found["ordinal"] or found["basic_ordinal"]:
        on = date(year, 1, 1) + timedelta(days=int(ordinal) - 1)
        if on.year != year:
            raise UnreadableTimeError
        return on
    if week := found["week"] or found["basic_week"]:
        return date.fromisocalendar(
            year, int(week), int(found["weekday"] or found["basic_weekday"])
        )
    return date(
        year,
        int(found["month"] or found["basic_month"]),
        int(found["day"] or found["basic_day"]),
    )


def _time_of_day(found: re.Match[str]) -> timedelta:
    """Return the time since midnight, cut to microseconds."""
    if found["hour"] is None:
        return _NONE
    hour = int(found["hour"])
    minute_written = found["minute"] or found["basic_minute"]
    second_written = found["second"] or found["basic_second"]
    minute, second = int(minute_written or 0), int(second_written or 0)
    unit = 1 if second_written else 60 if minute_written else 3600
    decimals = found["fraction"] or ""
    micros = unit * 1_000_000 * int(decimals or 0) // 10 ** len(decimals)
    whole = timedelta(hours=hour, minutes=minute)
    if second == 60 and hour < 24 and _may_leap(minute, found["offset"]):
        return whole + _LEAP_SECOND
    passed = whole + timedelta(seconds=second, microseconds=micros)
    if minute > 59 or second > 59 or passed > _DAY or (hour == 24 and passed != _DAY):
        raise UnreadableTimeError
    return passed


def _may_leap(minute: int, offset: str | None) -> bool:
    """Return whether a minute can have a 61st second: the last of an hour, in UTC.

    Which days have one is announced half a year before; the hour is not checked, since a zone of
    the sender's own may be wrong and the instant is the same.
    """
    shift = _offset(offset) or _NONE
    return (timedelta(minutes=minute + 1) - shift) % timedelta(hours=1) == _NONE


def _offset(written: str | None) -> timedelta | None:
    if written is None:
        return None
    if written in {"Z", "z"}:
        return _NONE
    hours, minutes = int(written[1:3]), int(written[3:].lstrip(":") or 0)
    size = timedelta(hours=hours, minutes=minutes)
    offset = size if written[0] == "+" else -size
    if minutes > 59 or not FIRST_OFFSET <= offset <= LAST_OFFSET:
        raise UnreadableTimeError
    return offset
