"""Ends a process whose event loop hangs or whose lane stands still.

Faust's consumer thread keeps heartbeating for a hung loop, so the group would never notice. The
watchdog runs in a thread of its own and asks nobody: it ends the process, and another worker
takes the lanes over.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Final

LOOP_HUNG_S: Final = 20.0
"""A loop that has not ticked for this long hangs: the longest honest work is some 0.2 s."""
LANE_STUCK_S: Final = 60.0
"""A lane with work that has neither committed nor rebuilt for this long stands still."""
TICK_S: Final = 1.0

StuckLane = Callable[[float], int | None]
"""The lane that has had work but no progress for this many seconds, or None."""


class Watchdog:
    """``tick`` runs as a task on the loop; the thread checks that it does."""

    def __init__(self, stuck_lane: StuckLane, *, end: Callable[[str], None]) -> None:
        self._stuck_lane, self._end = stuck_lane, end
        self._ticked = monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    async def tick(self) -> None:
        """Prove that the loop is alive, and look after the lanes; until cancelled."""
        self._thread.start()
        try:
            while True:
                self._ticked = monotonic()
                lane = self._stuck_lane(LANE_STUCK_S)
                if lane is not None:
                    self._end(
                        f"lane {lane} has work and has not committed for {LANE_STUCK_S:.0f} s"
                    )
                await asyncio.sleep(TICK_S)
        finally:
            self._stop.set()

    def _watch(self) -> None:
        while not self._stop.wait(TICK_S):
            if monotonic() - self._ticked > LOOP_HUNG_S:
                self._end(f"the event loop has not ticked for {LOOP_HUNG_S:.0f} s")


def end_process(why: str) -> None:
    """End at once, without clean-up: a hung process cannot clean up, and need not."""
    with suppress(OSError):  # a full disk takes no last words; the process must end all the same
        os.write(2, f"worker ends: {why}\n".encode())
    os._exit(70)
