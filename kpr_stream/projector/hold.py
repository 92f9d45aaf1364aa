"""Hold back what would show that a child was born by a day of its week of birth. Pure.

A visit in the week of birth is reported in that week too. A reader who follows the topic would see
it arrive, and the child is born by then. So its record waits until that week is over, and a later
record of its key waits with it. Held records are read again from the cleaned topic after a
restart: nothing else keeps them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from kpr_stream.projector.project import WEEK, Projected

Shown = tuple[bytes, bytes | None]
"""Key and value of a record for analysts."""

READ_BACK_DAYS = WEEK + 1
"""Held records arrived at most a week before the day on which they are shown; one day more, since
the broker's clock and the projector's may lie on two sides of midnight."""


@dataclass(slots=True)
class Held:
    """What one partition holds back, as of a day (days since 1970)."""

    day: int
    waiting: dict[bytes, tuple[int, bytes | None]] = field(default_factory=dict)
    """By key: the day from which it may be seen, and the value."""

    def take(self, records: Iterable[Projected]) -> list[Shown]:
        """Return what of these records may be seen now, in their order; hold the others."""
        shown: list[Shown] = []
        for one in records:
            if one.from_day is not None and one.from_day > self.day:
                self.waiting[one.key] = (one.from_day, one.value)
            elif one.value is None and one.key in self.waiting:
                # Removed before it was ever seen: its end must not show when it was reported.
                self.waiting[one.key] = (self.waiting[one.key][0], None)
            else:
                self.waiting.pop(one.key, None)
                shown.append((one.key, one.value))
        return shown

    def release(self, day: int) -> list[Shown]:
        """Return what may be seen on a later day. The order says nothing: it is that of keys."""
        self.day = max(self.day, day)
        due = sorted(key for key, (from_day, _) in self.waiting.items() if from_day <= self.day)
        return [(key, self.waiting.pop(key)[1]) for key in due]
