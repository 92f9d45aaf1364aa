"""Parses what is typed on a command line, or raises UsageError with what to type.

What could be a person's national id is never quoted. Pure. The name of an EPJ system:
`model.words.system_named`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from kpr_stream.analytics.tail.start import Start
from kpr_stream.errors import UsageError
from kpr_stream.model.org_numbers import is_org_nr
from kpr_stream.model.words import SYSTEMS


def parse_unit(org_nr: str) -> str:
    """Return a unit's org number: nine digits, the last of them a valid control digit."""
    if not (len(org_nr) == 9 and org_nr.isascii() and org_nr.isdigit()):
        raise UsageError(
            "A unit is named by its org number, nine digits.",
            what_to_do="Look it up in Enhetsregisteret (the sub-unit's).",
        )
    if not is_org_nr(org_nr, synthetic_too=True):
        raise UsageError(
            f"{org_nr} is not a valid org number: its control digit is wrong, or it begins with no "
            "digit that units have (8 and 9; 2 to 4 in test).",
            what_to_do="Compare it with Enhetsregisteret (the sub-unit's).",
        )
    return org_nr


def parse_party(text: str) -> str:
    """Return the party of a contact: a unit's org number, or the name of an EPJ system."""
    if text in SYSTEMS:
        return text
    if not (text.isascii() and text.isdigit()):
        raise UsageError(
            "A contact belongs to a unit or to a vendor.",
            what_to_do=f"Name an org number, nine digits, or one of {', '.join(SYSTEMS)}.",
        )
    return parse_unit(text)


def parse_person_key(text: str) -> str:
    """Return a person key as 32 hexadecimal digits; a UUID is accepted too."""
    return _parse_key(
        text, "person key", "Copy it from identity.identity_link; never give a national id."
    )


def parse_consultation_key(text: str) -> str:
    """Return a consultation key as 32 hexadecimal digits; a UUID is accepted too."""
    return _parse_key(text, "consultation key", "Copy it from content.consultation.")


def parse_delivery_id(text: str) -> str:
    """Return the id of a delivery as a UUID in lower case."""
    what_to_do = "Copy it from a receipt or from the sender; it is a UUID."
    return str(UUID(_parse_key(text, "delivery id", what_to_do)))


def parse_quarantine_id(text: str) -> str:
    """Return a quarantine id as 32 hexadecimal digits; a UUID is accepted too."""
    return _parse_key(text, "quarantine id", "Copy it from `kpr-stream quarantine list`.")


def _parse_key(text: str, what: str, what_to_do: str) -> str:
    try:
        return UUID(text).hex
    except ValueError:
        raise UsageError(f"A {what} is 32 hexadecimal digits.", what_to_do=what_to_do) from None


def parse_date(text: str, option: str) -> str:
    """Return a date as YYYY-MM-DD. ``option`` is named in the error."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise UsageError(
            f"The value of {option} is not a valid date.", what_to_do="Write it as 2026-03-01."
        ) from None


def parse_time_range(start: str, until: str | None, *, now_ms: int) -> tuple[int, int]:
    """Return the first and the last time in ms since 1970; without ``until`` the last is now.

    UsageError also if nothing in the past lies between them.
    """
    first = _parse_time(start, "--from")
    end = now_ms if until is None else _parse_time(until, "--to")
    if first >= min(end, now_ms):
        raise UsageError(
            f"--from is not before {'now' if end >= now_ms else '--to'}: nothing lies between.",
            what_to_do="Times are UTC unless they name a zone, as 2026-03-01T06:00+01:00 does.",
        )
    return first, end


def parse_start(text: str, *, now_ms: int) -> Start | int:
    """Return ``earliest``, ``latest`` or a time in the past, in ms since 1970."""
    if text in list(Start):
        return Start(text)
    first = _parse_time(text, "--from")
    if first >= now_ms:
        raise UsageError(
            "--from is not before now: nothing lies between.",
            what_to_do="Times are UTC unless they name a zone. For what comes from now on write "
            "--from latest.",
        )
    return first


def _parse_time(text: str, option: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"The value of {option} is not a valid date or time.",
            what_to_do="Write it as 2026-03-01 or 2026-03-01T06:00.",
        ) from None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(zoned.timestamp() * 1000)
