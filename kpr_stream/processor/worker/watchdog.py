"""Ends a process whose event loop hangs or whose lane stands still.

Faust's consumer thread keeps heartbeating for a hung loop, so the group would never notice. The
watchdog runs in a thread of its own and asks nobody: it ends the process, and another worker
takes the lanes over.

A call into C that never gives the interpreter's lock back stops that thread too. For it there is a
timer in a thread that needs no lock (``faulthandler``): each tick winds it up again.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Final

LOOP_HUNG_S: Final = 20.0
"""A loop that has not ticked for this long hangs: the longest honest work is some 0.2 s."""
LANE_STUCK_S: Final = 60.0
"""A lane with work that has neither committed nor rebuilt for this long stands still."""
LOCK_HELD_S: Final = 30.0
"""Longer than LOOP_HUNG_S, so that it strikes only where the watchdog itself cannot: nobody else
would end a process that holds the interpreter's lock, and its container would stay up, serving
nothing."""
TICK_S: Final = 1.0

StuckLane = Callable[[float], int | None]
"""The lane that has had work but no progress for this many seconds, or None."""


def wind_up() -> None:
    """Let the process end (exit code 1) unless this is called again within LOCK_HELD_S. Where every
    thread stood then goes to standard error: files and lines, no values."""
    faulthandler.dump_traceback_later(LOCK_HELD_S, exit=True)


def wind_down() -> None:
    """Let it live: the loop ends in order."""
    faulthandler.cancel_dump_traceback_later()


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
                wind_up()
                lane = self._stuck_lane(LANE_STUCK_S)
                if lane is not None:
                    self._end(
                        f"lane {lane} has work and has not committed for {LANE_STUCK_S:.0f} s"
                    )
                await asyncio.sleep(TICK_S)
        finally:
            wind_down()
            self._stop.set()

    def _watch(self) -> None:
        while not self._stop.wait(TICK_S):
            if monotonic() - self._ticked > LOOP_HUNG_S:
                self._end(f"the event loop has not ticked for {LOOP_HUNG_S:.0f} s")


def end_process(why: str) -> None:
    """End at once, without clean-up: a hung process cannot clean up, and need not."""
    with suppress(OSError):  # a full disk takes no last words; the process must end all the same
        # Past the stream's own lock, which a thread that hangs may hold.
        os.write(sys.stderr.fileno(), f"worker ends: {why}\n".encode())
    os._exit(70)
