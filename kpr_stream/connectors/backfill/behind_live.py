"""Let a backfill wait for live deliveries, and keep a pace."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from kpr_stream.connectors.source.interface import Pending

BACKLOG_BYTES: Final = 8_000_000
"""Of history that is numbered and not answered. A live delivery waits behind it, so it is small;
twice what may be in flight, so that sending never waits for reading."""
LOOK_S: Final = 0.2
"""How often a waiting backfill looks whether live work is done. Nobody waits for the backfill."""


@dataclass(slots=True)
class BehindLive:
    """The turn of a backfill. ``live_reads`` says whether live documents are being brought in."""

    live_reads: Callable[[], bool]
    most_items_per_s: float | None
    kept: Callable[[Pending, str, str, int], None]
    """Called with a document that is in the outbox: name and digest there, and its items."""
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    waits: bool = False
    """Whether the backfill waits for live documents now."""
    _free_at: float = 0.0
    backlog_bytes: int = BACKLOG_BYTES
    is_current: bool = False

    async def wait(self) -> None:
        """Wait until no live document is being read and the pace allows more."""
        while self.live_reads():
            self.waits = True
            await self.sleep(LOOK_S)
        self.waits = False
        while (left := self._free_at - self.clock()) > 0:
            await self.sleep(min(left, LOOK_S))

    async def spend(self, items: int) -> None:
        """Note items that were kept: the next ones have to wait for their share of a second."""
        if self.most_items_per_s is not None:
            self._free_at = max(self._free_at, self.clock()) + items / self.most_items_per_s

    def note(self, pending: Pending, name: str, digest: str, items: int) -> None:
        """Note a document that is in the outbox, and the items that were kept of it now."""
        self.kept(pending, name, digest, items)
