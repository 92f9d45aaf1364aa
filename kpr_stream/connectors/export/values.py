"""Reading one JSON value of an export as what the contract holds. Pure; nothing passes a float.

Every function takes a value as ``read.parse`` gives it (numbers are ``JsonNumber``: their digits
as written), gives None for nothing (null, empty text), and raises UnreadableValueError for
something that the contract cannot represent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from zoneinfo import ZoneInfo

INT_MAX = 2**31 - 1
"""Avro int. A larger count or measure is a mistake and unreadable."""

OSLO = ZoneInfo("Europe/Oslo")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_DIGITS = re.compile(r"[0-9]+")
_INSTANT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)"
    r"(?:[T ](?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
    r" ?(?P<offset>Z|[+-]\d\d:?\d\d)?)?"
)


class JsonNumber(str):
    """A JSON number, exactly as its digits stood in the file."""

    __slots__ = ()


class UnreadableValueError(ValueError):
    """The value cannot be represented in the contract. Carries no value: it may be personal."""


@dataclass(frozen=True, slots=True)
class Instant:
    """A point in time: microseconds since 1970 UTC, and the offset it was written with."""

    micros: int
    offset_minutes: int
    whole_day: bool
    """Only the date was written; the instant is midnight, Norwegian time."""


def text(value: object) -> str | None:
    """Text, or the digits of a whole number (local ids and codes come as either)."""
    if value is None:
        return None
    if isinstance(value, JsonNumber):
        if not _DIGITS.fullmatch(value):
            raise UnreadableValueError
        return str(value)
    if not isinstance(value, str):
        raise UnreadableValueError
    stripped = value.strip()
    if not stripped.isascii() and not _is_unicode(stripped):
        raise UnreadableValueError
    return stripped or None


def integer(value: object) -> int | None:
    """A whole number, written as a number or as text."""
    number = _decimal(value)
    if number is None:
        return None
    if number != number.to_integral_value():
        raise UnreadableValueError
    return _as_int(number)


def quantity(value: object, *, factor: int) -> int | None:
    """A measure times ``factor``, rounded half up to a whole gram or millimetre."""
    number = _decimal(value)
    if number is None:
        return None
    return _as_int((number * factor).to_integral_value(ROUND_HALF_UP))


def day(value: object, *, day_first: bool) -> int | None:
    """A date as days since 1970: ISO, or 31.12.2024 where ``day_first``."""
    written = _only_text(value)
    if written is None:
        return None
    iso = written
    if day_first and (parts := re.fullmatch(r"(\d\d?)\.(\d\d?)\.(\d{4})", written)):
        iso = f"{parts[3]}-{parts[2]:0>2}-{parts[1]:0>2}"
    if re.fullmatch(r"\d{4}-\d\d-\d\d(T00:00:00)?", iso) is None:
        raise UnreadableValueError
    return _date(iso[:10]).toordinal() - _EPOCH_DAY


def instant(value: object) -> Instant | None:
    """An ISO 8601 instant with up to nine decimals (cut to microseconds) and any offset.

    Without an offset it is Norwegian time; the hour that comes twice in October is the first.
    A date alone is that day, ``whole_day``.
    """
    written = _only_text(value)
    if written is None:
        return None
    found = _INSTANT.fullmatch(written)
    if found is None:
        raise UnreadableValueError
    on = _date(found["day"])
    try:
        local = datetime(
            on.year,
            on.month,
            on.day,
            int(found["hour"] or 0),
            int(found["minute"] or 0),
            int(found["second"] or 0),
            int((found["fraction"] or "")[:6].ljust(6, "0")),
            tzinfo=_offset(found["offset"]),
        )
        offset = local.utcoffset() or timedelta()
        return Instant(
            (local - _EPOCH) // timedelta(microseconds=1),
            round(offset.total_seconds() / 60),
            whole_day=found["hour"] is None,
        )
    except (ValueError, OverflowError):
        raise UnreadableValueError from None


def padded(digits: str, width: int) -> str | None:
    """Digits with the zeros in front that a JSON number lost; None if they are no such digits."""
    if not _DIGITS.fullmatch(digits) or len(digits) > width:
        return None
    return digits.rjust(width, "0")


def _only_text(value: object) -> str | None:
    if isinstance(value, JsonNumber):
        raise UnreadableValueError
    return text(value)


def _decimal(value: object) -> Decimal | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise UnreadableValueError
    written = value.strip().replace(",", ".")
    if not written:
        return None
    try:
        number = Decimal(written)
    except InvalidOperation:
        raise UnreadableValueError from None
    # The exponent is looked at first: a whole number of 1e999999 would fill the memory.
    if not number.is_finite() or not -20 <= number.adjusted() <= 20:
        raise UnreadableValueError
    return number


def _as_int(number: Decimal) -> int:
    whole = int(number)
    if abs(whole) > INT_MAX:
        raise UnreadableValueError
    return whole


def _date(iso: str) -> date:
    try:
        return date.fromisoformat(iso)
    except ValueError:
        raise UnreadableValueError from None


def _offset(written: str | None) -> timezone | ZoneInfo:
    if written is None:
        return OSLO
    if written == "Z":
        return UTC
    minutes = int(written[1:3]) * 60 + int(written[-2:])
    return timezone(timedelta(minutes=-minutes if written[0] == "-" else minutes))


def _is_unicode(value: str) -> bool:
    """Half of a surrogate pair can stand in JSON but in no UTF-8."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
