"""Judge whether a process lives, and whether it makes progress or has nothing to do.

The event loop judges and the endpoint's thread only reads: a loop that hangs is noticed, and no
check runs beside the loop that owns what it looks at.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Final, NoReturn

TICK_S: Final = 1.0
"""How often the loop judges."""
LATE_S: Final = 5.0
"""A loop that is late by this much is not ready: the longest regular work takes about 0.2 s."""
HUNG_S: Final = 60.0
"""A loop that is late by this much no longer lives. Longer than the worker's own watchdog has, so
that the watchdog ends the process first and says why."""

Check = Callable[[], str | None]
"""Returns why the process is not ready, as a sentence, or None. Called on the loop; does not wait.
"""


class Health:
    """What ``/livez`` and ``/readyz`` answer."""

    def __init__(self, *checks: Check, clock: Callable[[], float] = monotonic) -> None:
        self._checks = list(checks)
        self._clock = clock
        self._beat = clock()
        self._reasons: tuple[str, ...] = ("The process is starting.",)

    def add(self, check: Check) -> None:
        """Ask one more check."""
        self._checks.append(check)

    async def run(self) -> NoReturn:
        """Judge every second, until cancelled."""
        while True:
            self.judge()
            await asyncio.sleep(TICK_S)

    def judge(self) -> None:
        """Ask every check once, and record that the loop runs."""
        self._reasons = tuple(reason for check in self._checks if (reason := check()))
        self._beat = self._clock()

    def against_alive(self) -> list[str]:
        """Why the process does not live; empty if it does."""
        return self._late(HUNG_S)

    def against_ready(self) -> list[str]:
        """Why the process is not ready; empty if it is."""
        return [*self._late(LATE_S), *self._reasons]

    def _late(self, limit_s: float) -> list[str]:
        late_s = self._clock() - self._beat
        return [f"The event loop has not run for {late_s:.0f} s."] if late_s > limit_s else []
