"""Read one JSON value of an export as a value of the contract. Pure, no floats.

Every function takes a value from ``reader.parse``. A number is a ``JsonNumber``: its digits as
written. The result is None for nothing (null, empty text). A value that the contract cannot
represent raises UnreadableValueError.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from kpr_stream.model.iso_time import UnreadableTimeError, Written, read
from kpr_stream.model.limits import MAX_NUMBER_LETTERS

INT_MAX = 2**31 - 1
"""The largest Avro int. A larger count or measure is a mistake and unreadable."""

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_DIGITS = re.compile(r"[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
"""``Decimal`` alone would take digits of every script, and underscores between digits."""
_DAY_FIRST = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")


class JsonNumber(str):
    """A JSON number, as the digits in the file."""

    __slots__ = ()


class UnreadableValueError(ValueError):
    """The contract cannot represent the value.

    The error does not hold the value, which may be personal.
    """


class Instant(NamedTuple):
    """A point in time: microseconds since 1970 UTC, and the offset as written."""

    micros: int
    offset_minutes: int
    whole_day: bool
    """Only the date was written: the instant is midnight, Norwegian time."""


def text(value: object) -> str | None:
    """Return text, or the digits of a whole number: local ids and codes may be either."""
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


def own_id(value: object) -> str | None:
    """Return an id as it is written, white space around it included: the receiver reports that."""
    found = text(value)
    return value if found is not None and isinstance(value, str) else found


def integer(value: object) -> int | None:
    """Return a whole number, written as a number or as text."""
    number = _decimal(value)
    if number is None:
        return None
    if number != number.to_integral_value():
        raise UnreadableValueError
    return _as_int(number)


def quantity(value: object, *, factor: int) -> int | None:
    """Return a measure times ``factor``, rounded half up to a whole number."""
    number = _decimal(value)
    if number is None:
        return None
    return _as_int((number * factor).to_integral_value(ROUND_HALF_UP))


def day(value: object, *, day_first: bool) -> int | None:
    """Return a date as days since 1970: ISO, or 31.12.2024 if ``day_first``.

    A midnight in any form of ISO 8601 is its date. 0001-01-01, which programs write in place of no
    date, is None.
    """
    written = _only_text(value)
    if written is None:
        return None
    iso = written
    if day_first and (parts := _DAY_FIRST.fullmatch(written)):
        iso = f"{parts[3]}-{parts[2]:0>2}-{parts[1]:0>2}"
    found = _read(iso)
    on = found.midnight_of
    if on is None:
        raise UnreadableValueError
    return None if found.is_first_day else on.toordinal() - _EPOCH_DAY


def instant(value: object) -> Instant | None:
    """Return an instant in any form of ISO 8601 or RFC 3339 (``model.iso_time``).

    Decimals are cut to microseconds. Without an offset the time is Norwegian; the hour that occurs
    twice in October is the first. A date alone gives ``whole_day``. A time that programs write in
    place of none (1970-01-01T00:00Z, 0001-01-01) is None.
    """
    written = _only_text(value)
    if written is None:
        return None
    found = _read(written)
    try:
        at = found.instant
    except UnreadableTimeError:
        raise UnreadableValueError from None
    return None if at is None else Instant(*at, found.whole_day)


def padded(digits: str, width: int) -> str | None:
    """Return digits with the one leading zero that a JSON number may have lost.

    None if the text is not digits, or has another length: no code begins with two zeros.
    """
    if not _DIGITS.fullmatch(digits) or len(digits) not in {width - 1, width}:
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
    if len(written) > MAX_NUMBER_LETTERS or not _NUMBER.fullmatch(written):
        raise UnreadableValueError
    number = Decimal(written)
    # The exponent is checked first: 1e999 as a whole number would fill the memory.
    if not -20 <= number.adjusted() <= 20:
        raise UnreadableValueError
    return number


def _as_int(number: Decimal) -> int:
    whole = int(number)
    if abs(whole) > INT_MAX:
        raise UnreadableValueError
    return whole


def _read(written: str) -> Written:
    try:
        return read(written)
    except UnreadableTimeError:
        raise UnreadableValueError from None


def _is_unicode(value: str) -> bool:
    """Return whether UTF-8 can hold a text: JSON may contain half a surrogate pair."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
