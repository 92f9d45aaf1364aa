"""End a process whose event loop hangs or whose lane makes no progress.

Faust's consumer thread keeps sending heartbeats for a loop that hangs, so the group would never
notice. The watchdog runs in a thread of its own and ends the process; another worker then takes
its lanes.

A C function that never releases the interpreter's lock stops the watchdog's thread too. For this
case ``faulthandler`` has a timer in a thread that needs no lock; every tick restarts the timer.
"""

from __future__ import annotations

import asyncio
import faulthandler
import threading
from collections.abc import Callable
from time import monotonic
from typing import Final

LOOP_HUNG_S: Final = 20.0
"""A loop without a tick for this long hangs: the longest regular work takes about 0.2 s."""
LANE_STUCK_S: Final = 60.0
"""A lane that has work, and for this long has neither committed nor rebuilt, is stuck."""
LOCK_HELD_S: Final = 30.0
"""Longer than LOOP_HUNG_S, so that the timer fires only where the watchdog's thread cannot run.
Without it a process that holds the interpreter's lock would never end: its container would stay
up and serve nothing."""
TICK_S: Final = 1.0
"""How often the loop proves that it runs."""

StuckLane = Callable[[float], int | None]
"""Returns a lane that has had work but no progress for this many seconds, or None."""


def restart_timer() -> None:
    """End the process (exit code 1) unless this is called again within LOCK_HELD_S.

    The stack of every thread is written to standard error first: files and lines, no values.
    """
    faulthandler.dump_traceback_later(LOCK_HELD_S, exit=True)


def stop_timer() -> None:
    """Stop the timer, because the loop ends in order."""
    faulthandler.cancel_dump_traceback_later()


class Watchdog:
    """Run ``tick`` as a task of the loop; a thread checks that it keeps ticking.

    ``end`` is called with the reason and must end the process.
    """

    def __init__(self, stuck_lane: StuckLane, *, end: Callable[[str], None]) -> None:
        self._stuck_lane, self._end = stuck_lane, end
        self._ticked = monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    async def tick(self) -> None:
        """Record every second that the loop runs; look for a stuck lane. Until cancelled."""
        self._thread.start()
        try:
            while True:
                self._ticked = monotonic()
                restart_timer()
                lane = self._stuck_lane(LANE_STUCK_S)
                if lane is not None:
                    self._end(
                        f"lane {lane} has work and has not committed for {LANE_STUCK_S:.0f} s"
                    )
                await asyncio.sleep(TICK_S)
        finally:
            stop_timer()
            self._stop.set()

    def _watch(self) -> None:
        while not self._stop.wait(TICK_S):
            if monotonic() - self._ticked > LOOP_HUNG_S:
                self._end(f"the event loop has not ticked for {LOOP_HUNG_S:.0f} s")
