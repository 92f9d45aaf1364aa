"""Say when units export: the history by month, then by day, and one export sent again.

The export sent again comes from a restored backup.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from kpr_stream.simulate.nation.days import number
from kpr_stream.simulate.nation.draw import Draw, Ints

TURNS_A_SLOT = 4
AGAIN = 3
"""A turn is 4 times the index of its slot. The export sent again comes 3 turns later."""
NIGHT = 4 * 60
"""Exports are taken out at 04:00 UTC after the last day of their period."""
COMES_AGAIN_AFTER = 3
_MINUTES_A_DAY = 1440


@dataclass(frozen=True, slots=True)
class Slots:
    """Periods without gaps, as first and last days."""

    first: Ints
    last: Ints

    def __len__(self) -> int:
        return len(self.first)

    def of(self, day: Ints) -> Ints:
        """Return the period of each day; ``len(self)`` after the last one, -1 before the first."""
        found = np.searchsorted(self.first, day, side="right") - 1
        return np.where(day > self.last[-1], len(self), found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """One system's exports of one place: which periods, when extracted, which is sent again."""

    slots: Slots
    begins: int
    """First slot."""
    goes_live: int
    """Slots before this one are converted history, all extracted in one night."""
    ends: int
    """The slot after the last."""
    again: int
    """The slot whose export is sent again; -1 if none is."""
    later_by: int = 0
    """Minutes after the usual time of the night."""

    def extracted(self, turns: Ints) -> Ints:
        """Return when the content of each turn was extracted, in minutes since 1970, UTC."""
        return self._regular(self.periods(turns))

    def sent(self, turns: Ints) -> Ints:
        """Return when each turn is sent, in minutes since 1970, UTC."""
        return self._regular(turns // TURNS_A_SLOT) + 60 * (turns % TURNS_A_SLOT)

    def periods(self, turns: Ints) -> Ints:
        """Return the slot whose period each turn covers."""
        return np.where(turns % TURNS_A_SLOT == AGAIN, self.again, turns // TURNS_A_SLOT)

    def again_turn(self) -> int:
        """Return the turn of the export sent again."""
        return (self.again + COMES_AGAIN_AFTER) * TURNS_A_SLOT + AGAIN

    def _regular(self, slot: Ints) -> Ints:
        usual = (self.slots.last[slot] + 1) * _MINUTES_A_DAY + NIGHT + self.later_by
        together = (self.slots.first[min(self.goes_live, len(self.slots) - 1)]) * _MINUTES_A_DAY
        minute = np.minimum(slot - self.begins, NIGHT // 2 - 1)
        return np.where(slot < self.goes_live, together + NIGHT // 2 + minute, usual)


def make_slots(first: date, last: date, daily_from: date) -> Slots:
    """Make slots of whole months (cut at both ends) up to ``daily_from``, then of days."""
    starts, ends = [], []
    day = first
    while day <= last:
        month_end = (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        end = day if day >= daily_from else min(month_end, daily_from - timedelta(days=1), last)
        starts.append(number(day))
        ends.append(number(end))
        day = end + timedelta(days=1)
    return Slots(np.array(starts, dtype=np.int64), np.array(ends, dtype=np.int64))


def make_sender(
    slots: Slots, begins: int, goes_live: int, ends: int, draw: Draw, *, later_by: int = 0
) -> Sender:
    """Make a sender of these slots (``ends`` excluded), with one export sent again."""
    able = ends - COMES_AGAIN_AFTER - 1 - goes_live
    again = goes_live + int(draw.below(max(able, 1), 1)[0])
    return Sender(
        slots=slots,
        begins=begins,
        goes_live=goes_live,
        ends=ends,
        again=again if able > 0 else -1,
        later_by=later_by,
    )
