"""The clock that deadlines are judged by. Pure.

In a test it starts at another time and runs faster, so that a silence of days takes minutes. The
metrics hold real times all the same: a deadline is converted back, and Prometheus needs no clock
of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from kpr_stream.errors import ConfigurationError

CLOCK: Final = re.compile(r"(?P<start>\S+) x(?P<speed>[1-9][0-9]{0,5})", re.ASCII)
"""As in ``2026-03-02T08:00:00+01:00 x1440``: then, and a day a minute."""


@dataclass(frozen=True, slots=True)
class ExporterClock:
    """Shows ``shown`` at the real time ``real``, and runs ``speed`` times as fast (seconds)."""

    real: float = 0.0
    shown: float = 0.0
    speed: int = 1

    def show(self, real: float) -> datetime:
        """Return what the clock shows at a real time."""
        return datetime.fromtimestamp(self.shown + (real - self.real) * self.speed, UTC)

    def when(self, shown: datetime) -> float:
        """Return the real time at which the clock shows this."""
        return self.real + (shown.timestamp() - self.shown) / self.speed


def read_clock(text: str, *, now: float) -> ExporterClock:
    """Return the clock of KPR_TEST_CLOCK, started now; an empty text gives the real one."""
    if not text:
        return ExporterClock()
    found = CLOCK.fullmatch(text)
    try:
        start = datetime.fromisoformat(found["start"]) if found else None
    except ValueError:
        start = None
    if found is None or start is None or start.tzinfo is None:
        raise ConfigurationError(
            "KPR_TEST_CLOCK is not a time with its zone and a speed.",
            what_to_do="Write it as 2026-03-02T08:00:00+01:00 x1440, or unset it.",
        )
    return ExporterClock(now, start.timestamp(), int(found["speed"]))
