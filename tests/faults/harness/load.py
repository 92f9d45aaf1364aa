"""Send the planned deliveries as each EPJ system, and keep a log of what was sent.

The driver does not wait for receipts: a receiver in trouble gets a backlog, as in real life.
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
from kpr_stream.schemas import wire
from kpr_stream.settings import Settings
from tests.faults.harness.plan import Load, Planned, Unit
from tests.faults.harness.sent_log import SentDelivery
from tests.support.poll import HANGING_S

IN_FLIGHT: Final = 64
"""The most deliveries sent and not yet confirmed."""
POLL_S: Final = 0.1


class Driver:
    """Sends deliveries. ``sent_log`` holds those that the broker has confirmed."""

    def __init__(self, settings: Settings, seed: int) -> None:
        self._settings = settings
        self.load = Load(seed, public_key(settings), lambda: int(time() * 1000))
        self._deliveries = self.load.deliveries()
        self._producers: dict[str, AIOKafkaProducer] = {}
        self._unconfirmed: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()
        """Sends deliveries in the order they are made, so that a unit's sequence has no gaps."""
        self.sent_log: list[SentDelivery] = []
        self._bases: dict[tuple[str, int], int] = {}
        """Where a system's topic begins, by system and partition, once it was made again."""

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """Send nothing for the length of the block; all is confirmed when it begins."""
        async with self._turn:
            await self.confirmed()
            yield

    def topic_made_again(self, system: str) -> None:
        """Count positions from here on: a system's topic is another one now, and empty."""
        for n, one in enumerate(self.sent_log):
            if one.system == system:
                place = (system, one.partition)
                self._bases[place] = max(self._bases.get(place, 0), one.offset + 1)
                self.sent_log[n] = replace(one, gone=True)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Driver]:
        """Connect as each system for the length of the block."""
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
                # A broker applies new rights after a moment.
                await producer.stop()
                if monotonic() > limit:
                    raise
                await asyncio.sleep(POLL_S)
            else:
                return producer

    async def send(self, count: int = 1, *, unit: Unit | None = None) -> None:
        """Send a number of deliveries (of a unit, or of any) without waiting for the broker."""
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
        """Send a delivery of any unit with a number of new items, without waiting."""
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

    def last_positions(self) -> list[tuple[str, int, int]]:
        """Return the last sent record of each source partition: topic, partition, offset."""
        last: dict[tuple[str, int], int] = {}
        for one in self.sent_log:
            place = (delivery_topic(System(one.system)), one.partition)
            if not one.gone:
                last[place] = max(one.offset - one.base, last.get(place, 0))
        return [(topic, partition, offset) for (topic, partition), offset in last.items()]

    async def send_planned(self, planned: Planned) -> None:
        """Send one planned delivery without waiting for the broker."""
        one = planned.sent
        sending = await self._producers[one.system].send(
            delivery_topic(System(one.system)),
            planned.value,
            key=one.org_nr.encode(),
            partition=partition_of(one.org_nr),
        )
        delivery_id = wire.decode("delivery", planned.value)["delivery_id"]
        task = asyncio.create_task(
            self._log_confirmed(replace(one, delivery_id=delivery_id), sending)
        )
        self._unconfirmed.add(task)
        task.add_done_callback(self._unconfirmed.discard)

    async def _log_confirmed(self, one: SentDelivery, sending: asyncio.Future[Any]) -> None:
        stored = await sending
        base = self._bases.get((one.system, stored.partition), 0)
        self.sent_log.append(
            replace(
                one,
                partition=stored.partition,
                offset=base + stored.offset,
                base=base,
                received_at=stored.timestamp,
            )
        )
