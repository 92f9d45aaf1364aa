"""Stations that deliver again and again, as their vendors' systems do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from kpr_stream.model.words import System
from tests.integration.at_work import AtWork

DELIVERS_EVERY_S: Final = 3.0
"""With a day in 30 seconds, ten times a day."""


@dataclass
class Station:
    """One unit with its next sequence."""

    org_nr: str
    system: System
    version: str = "1.0"
    sequence: int = 1
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def deliver(self, work: AtWork, *items: Mapping[str, Any]) -> dict[str, Any]:
        """Deliver, and return the receipt. A refused delivery is sent again the next time."""
        async with self.turn:
            one = work.vendors.delivery(
                items,
                system=self.system,
                org_nr=self.org_nr,
                sequence=self.sequence,
                software_version=self.version,
            )
            (receipt,) = await work.receipts.of(*await work.vendors.send(one))
            self.sequence += receipt["status"] == "processed"
            return receipt


@asynccontextmanager
async def delivering(work: AtWork, station: Station) -> AsyncIterator[None]:
    """Let a station deliver for the length of the block: empty deliveries, as on a quiet day."""
    ended = asyncio.Event()

    async def keep_delivering() -> None:
        while not ended.is_set():
            await station.deliver(work)
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), DELIVERS_EVERY_S)

    task = asyncio.create_task(keep_delivering())
    try:
        yield
    finally:
        ended.set()
        await task
