"""Say when units export: the history by month, then by day, with fixed dates and no clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from kpr_stream.simulate.small.entries import Entry

FIRST_DAY = date(2024, 1, 1)
FIRST_DAILY = date(2025, 6, 1)
LAST_DAY = date(2025, 6, 14)
_EXTRACTED = time(4, 0, tzinfo=UTC)


@dataclass(slots=True)
class Slot:
    """One unit's export of one message type for one period."""

    period_from: date
    period_to: date
    deletions: list[Entry] = field(default_factory=list)
    upserts: list[Entry] = field(default_factory=list)

    @property
    def extracted_at(self) -> datetime:
        """Return the time of extraction, in the night after the period."""
        return datetime.combine(self.period_to + timedelta(days=1), _EXTRACTED)


@cache
def periods() -> tuple[tuple[date, date], ...]:
    """Return every period from the first day to the last, without gaps."""
    found = []
    day = FIRST_DAY
    while day <= LAST_DAY:
        last = day if day >= FIRST_DAILY else (day + timedelta(days=31)).replace(day=1) - _ONE_DAY
        found.append((day, last))
        day = last + _ONE_DAY
    return tuple(found)


def period_of(day: date) -> int:
    """Return the index of the period of a day."""
    return next(n for n, (first, last) in enumerate(periods()) if first <= day <= last)


_ONE_DAY = timedelta(days=1)
