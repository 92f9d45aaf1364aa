"""Report an outage at once, then once a minute, and once when it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final

AGAIN_S: Final = 60.0
"""An operator sees that the outage lasts, and the log stays readable."""
SILENT_S: Final = 5.0
"""No answer for this long is reported: a transaction takes milliseconds."""


class Outage:
    """The log lines of one thing that may be away. For one thread."""

    def __init__(self, log: logging.Logger, *, clock: Callable[[], float] = monotonic) -> None:
        self._log, self._clock = log, clock
        self._since: float | None = None
        self._reported: dict[str, float] = {}

    def failed(self, message: str, *args: object) -> None:
        """Log a failure, unless the same message was logged within the last minute."""
        now = self._clock()
        if self._since is None:
            self._since = now
        if now - self._reported.get(message, -AGAIN_S) >= AGAIN_S:
            self._reported[message] = now
            self._log.warning(message, *args)

    def ended(self, what: str) -> None:
        """Log that ``what`` answers again, if its outage was logged."""
        if self._since is not None:
            self._log.info("%s is back after %.1f s.", what, self._clock() - self._since)
            self._since = None
            self._reported.clear()


@asynccontextmanager
async def reporting_silence(outage: Outage, what: str, waits: str) -> AsyncIterator[None]:
    """Report while the block takes longer than SILENT_S: ``what`` does not answer."""

    async def report() -> None:
        silent_s = 0.0
        while True:
            await asyncio.sleep(SILENT_S)
            silent_s += SILENT_S
            outage.failed("%s has not answered for %.0f s; %s.", what, silent_s, waits)

    task = asyncio.create_task(report())
    try:
        yield
    finally:
        task.cancel()
