"""Say how far a backfill is, how fast it goes and how long it will take. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

RATE_WINDOW_S: Final = 120.0
"""Rate and remaining time follow the last two minutes: a pause for live work shows, and passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillState:
    """How far a backfill is. What was answered in earlier runs counts as done, not as speed."""

    month: date | None
    """The month that is read; None before the first and after the last."""
    months_done: int
    months: int
    files_done: int
    """Files whose deliveries are all answered."""
    files: int
    bytes_done: int
    bytes: int
    items_answered: int
    """In this run."""
    items_per_second: float | None
    seconds_left: float | None
    """None until a rate is known."""
    waits_for_live: bool

    @property
    def percent(self) -> float:
        """Return how much of the files is answered, by their bytes."""
        return 100.0 * self.bytes_done / self.bytes if self.bytes else 100.0

    def as_json(self) -> dict[str, Any]:
        """Return a line for programs."""
        return {
            "event": "progress",
            "month": None if self.month is None else f"{self.month:%Y-%m}",
            "months_done": self.months_done,
            "months": self.months,
            "files_done": self.files_done,
            "files": self.files,
            "bytes_done": self.bytes_done,
            "bytes": self.bytes,
            "items_answered": self.items_answered,
            "items_per_second": _rounded(self.items_per_second),
            "seconds_left": _rounded(self.seconds_left),
            "waits_for_live": self.waits_for_live,
        }

    def as_text(self) -> str:
        """Return a line for people."""
        where = "done" if self.month is None else f"{self.month:%Y-%m}"
        rate = "no rate yet" if self.items_per_second is None else f"{self.items_per_second:,.0f}/s"
        left = "" if self.seconds_left is None else f", {duration(self.seconds_left)} left"
        paused = ", waits for live deliveries" if self.waits_for_live else ""
        return (
            f"{where}: {self.months_done} of {self.months} months, {self.files_done} of "
            f"{self.files} files ({self.percent:.1f} %), {self.items_answered:,} items answered, "
            f"{rate}{left}{paused}."
        )


@dataclass(slots=True)
class Speed:
    """The speed of the last two minutes, from samples of a clock in seconds."""

    window_s: float = RATE_WINDOW_S
    _samples: deque[tuple[float, int, int]] = field(default_factory=deque)

    def note(self, now: float, *, items: int, done_bytes: int) -> None:
        """Note what was answered in this run by now."""
        self._samples.append((now, items, done_bytes))
        while len(self._samples) > 2 and now - self._samples[1][0] > self.window_s:
            self._samples.popleft()

    @property
    def items_per_second(self) -> float | None:
        """Return the items answered per second; None before there is anything to measure."""
        return self._rate(1)

    def seconds_for(self, left_bytes: int) -> float | None:
        """Return how long the rest takes at this speed; None if nothing moves."""
        rate = self._rate(2)
        if left_bytes == 0:
            return 0.0
        return left_bytes / rate if rate else None

    def _rate(self, at: int) -> float | None:
        if len(self._samples) < 2 or self._samples[-1][0] <= self._samples[0][0]:
            return None
        first, last = self._samples[0], self._samples[-1]
        return (last[at] - first[at]) / (last[0] - first[0])


def duration(seconds: float) -> str:
    """Return a duration for people: ``12 s``, ``4 min``, ``3 h 20 min``, ``2 d 3 h``."""
    minutes, hours, days = seconds / 60, seconds / 3600, seconds / 86400
    if seconds < 60:
        return f"{seconds:.0f} s"
    if minutes < 60:
        return f"{minutes:.0f} min"
    if hours < 24:
        return f"{int(hours)} h {int(minutes % 60)} min"
    return f"{int(days)} d {int(hours % 24)} h"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
