"""Stations that report all the time, each as right or wrong as a fault has made it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from aiokafka.errors import KafkaError

from kpr_stream.model.words import System
from tests.acceptance.prometheus.stations import DELIVERS_EVERY_S, Items, Station, good_items
from tests.integration.at_work import AtWork, units_of_lane


def nothing_else() -> Mapping[str, Any]:
    """Return no other field of the envelope."""
    return {}


@dataclass
class Sender:
    """A station and its behaviour."""

    station: Station
    quiet: bool = False
    items_of: Callable[[int], Items] = good_items
    envelope: Callable[[], Mapping[str, Any]] = nothing_else

    async def run(self, work: AtWork) -> None:
        """Deliver again and again until cancelled. What got no receipt is sent again."""
        while True:
            if not self.quiet:
                with suppress(AssertionError, KafkaError):
                    await self.station.deliver(
                        work, *self.items_of(self.station.sequence), **self.envelope()
                    )
            await asyncio.sleep(DELIVERS_EVERY_S)

    def behave(self) -> None:
        """Do everything right again."""
        self.quiet, self.items_of, self.envelope = False, good_items, nothing_else


@asynccontextmanager
async def reporting(work: AtWork, lanes: range) -> AsyncIterator[list[Sender]]:
    """Let four stations deliver for the length of the block; the first two have one system."""
    systems = (
        *(System.EG_INFODOC, System.EG_INFODOC),
        *(System.VISMA_HSPRO, System.CGM_HELSESTASJON),
    )
    senders = [
        Sender(Station(units_of_lane(lane, 1)[0], system, "2.0"))
        for lane, system in zip(lanes, systems, strict=True)
    ]
    async with AsyncExitStack() as ends:
        for one in senders:
            task = asyncio.create_task(one.run(work))
            ends.callback(task.cancel)
        yield senders
