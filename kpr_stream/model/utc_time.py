"""Writes a time in the one form of commands, JSON and logs: UTC, whole seconds. Pure.

Local time in Norway differs from UTC by one hour or two. A time without its zone would be read
wrongly by one of two readers.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

UTC_FORM: Final = "%Y-%m-%dT%H:%M:%SZ"
"""As in 2026-11-28T19:00:00Z."""
NEVER: Final = "never"
"""What people read where a time is missing; JSON has null."""


def utc_time(at: datetime) -> str:
    """Return a time as 2026-11-28T19:00:00Z; a time without a zone is one in UTC."""
    zoned = at if at.tzinfo else at.replace(tzinfo=UTC)
    return zoned.astimezone(UTC).strftime(UTC_FORM)


def or_never(at: datetime | None) -> str:
    """Return a time for people, or ``never``."""
    return NEVER if at is None else utc_time(at)


def known_time(at: datetime | None) -> datetime | None:
    """Return a time of a record; None for 1970, as records have it for ``never``."""
    return None if at is None or at.timestamp() == 0 else at
