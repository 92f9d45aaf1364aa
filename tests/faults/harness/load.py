"""The driver: sends what ``plan`` makes, as each EPJ system, and keeps the book.

It does not wait for receipts: a receiver in trouble gets a backlog, as it would in real life.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from time import monotonic, time
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import ClusterAuthorizationFailedError

from kpr_stream.kafka.access import kafka_access
from kpr_stream.keys.access import public_key
from kpr_stream.model.partition import partition_of
from kpr_stream.model.topics import MAX_DELIVERY_BYTES, delivery_topic
from kpr_stream.model.words import SYSTEMS, System
from kpr_stream.settings import Settings
from tests.faults.harness.plan import Load, Planned, Unit
from tests.faults.harness.sent_log import Sent
from tests.support.poll import HANGING_S

IN_FLIGHT: Final = 64
"""Sent and not yet confirmed, at most."""
POLL_S: Final = 0.1


class Driver:
    """Sends deliveries. ``book`` holds what the broker has confirmed."""

    def __init__(self, settings: Settings, seed: int) -> None:
        self._settings = settings
        self.load = Load(seed, public_key(settings), lambda: int(time() * 1000))
        self._deliveries = self.load.deliveries()
        self._producers: dict[str, AIOKafkaProducer] = {}
        self._unconfirmed: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()
        """What is made first is sent first: a unit's sequence has no gaps."""
        self.book: list[Sent] = []

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Driver]:
        """Connect as each system."""
        try:
            for system in SYSTEMS:
                self._producers[system] = await self._producer(system)
            yield self
        finally:
            await asyncio.gather(*(p.stop() for p in self._producers.values()))

    async def _producer(self, system: System) -> AIOKafkaProducer:
        limit = monotonic() + HANGING_S
        while True:
            producer = AIOKafkaProducer(
                **kafka_access(self._settings, system).for_aiokafka(),
                acks="all",
                enable_idempotence=True,
                max_request_size=MAX_DELIVERY_BYTES,
            )
            try:
                await producer.start()
            except ClusterAuthorizationFailedError:
                # A broker that has just been given its rights needs a moment to follow them.
                await producer.stop()
                if monotonic() > limit:
                    raise
                await asyncio.sleep(POLL_S)
            else:
                return producer

    async def send(self, count: int = 1, *, unit: Unit | None = None) -> None:
        """Send so many (of a unit: what it sends next), without waiting for the broker."""
        made: Iterator[Planned] = self._deliveries
        if unit is not None:
            made = (planned for _ in range(count) for planned in self.load.of_unit(unit))
            count = -1
        while count:
            async with self._turn:
                planned = next(made, None)
                if planned is None:
                    return
                while len(self._unconfirmed) >= IN_FLIGHT:
                    await asyncio.wait(self._unconfirmed, return_when=asyncio.FIRST_COMPLETED)
                await self.send_planned(planned)
            count -= 1

    async def send_large(self, items: int) -> None:
        """Send a delivery of so many new items, of some unit, without waiting for the broker."""
        async with self._turn:
            await self.send_planned(self.load.large(self.load.some_unit(), items))

    async def run(self, a_second: float) -> None:
        """Send at a steady pace until cancelled."""
        while True:
            await self.send()
            await asyncio.sleep(1 / a_second)

    async def confirmed(self) -> None:
        """Wait until the broker has confirmed everything."""
        while self._unconfirmed:
            await asyncio.gather(*self._unconfirmed)

    def places(self) -> list[tuple[str, int, int]]:
        """The last record of each source partition."""
        last: dict[tuple[str, int], int] = {}
        for one in self.book:
            place = (delivery_topic(System(one.system)), one.partition)
            last[place] = max(one.offset, last.get(place, 0))
        return [(topic, partition, offset) for (topic, partition), offset in last.items()]

    async def send_planned(self, planned: Planned) -> None:
        """Send this one, without waiting for the broker."""
        one = planned.sent
        sending = await self._producers[one.system].send(
            delivery_topic(System(one.system)),
            planned.value,
            key=one.org_nr.encode(),
            partition=partition_of(one.org_nr),
        )
        task = asyncio.create_task(self._enter(one, sending))
        self._unconfirmed.add(task)
        task.add_done_callback(self._unconfirmed.discard)

    async def _enter(self, one: Sent, sending: asyncio.Future[Any]) -> None:
        told = await sending
        self.book.append(
            replace(one, partition=told.partition, offset=told.offset, received_at=told.timestamp)
        )
