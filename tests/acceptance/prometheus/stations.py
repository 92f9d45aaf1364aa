"""Stations that deliver again and again, as their vendors' systems do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from kpr_stream.model.words import System
from tests.integration.at_work import AtWork
from tests.support.deliveries import consultation

DELIVERS_EVERY_S: Final = 3.0
"""With a day in 30 seconds, ten times a day."""


Items = Sequence[Mapping[str, Any]]


def nothing(_: int) -> Items:
    """Return the items of an empty delivery, as on a quiet day."""
    return ()


def good_items(sequence: int) -> Items:
    """Return two consultations that no rule has anything against."""
    return [
        consultation(number, consultation_id=f"good-{number}")
        for number in (2 * sequence, 2 * sequence + 1)
    ]


@dataclass
class Station:
    """One unit with its next sequence."""

    org_nr: str
    system: System
    version: str = "1.0"
    sequence: int = 1
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def deliver(
        self, work: AtWork, *items: Mapping[str, Any], **envelope: Any
    ) -> dict[str, Any]:
        """Deliver, and return the receipt. A refused delivery is sent again the next time.

        ``envelope`` replaces fields of the envelope.
        """
        async with self.turn:
            one = work.vendors.delivery(
                items,
                system=self.system,
                org_nr=self.org_nr,
                sequence=self.sequence,
                software_version=self.version,
                **envelope,
            )
            (receipt,) = await work.receipts.of(*await work.vendors.send(one))
            self.sequence += receipt["status"] in ("processed", "repeated")
            return receipt


@asynccontextmanager
async def delivering(
    work: AtWork, station: Station, items_of: Callable[[int], Items] = nothing
) -> AsyncIterator[None]:
    """Let a station deliver for the length of the block. ``items_of``: by the sequence."""
    ended = asyncio.Event()

    async def keep_delivering() -> None:
        while not ended.is_set():
            await station.deliver(work, *items_of(station.sequence))
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), DELIVERS_EVERY_S)

    task = asyncio.create_task(keep_delivering())
    try:
        yield
    finally:
        ended.set()
        await task
