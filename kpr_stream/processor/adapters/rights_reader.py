"""Reading ``kpr.rights``: whole before any lane opens, then whatever comes.

A worker that cannot read it must not go on deciding by what it read long ago: it ends, and
another that can takes its lanes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from kpr_stream.errors import BrokerError, WireFormatError
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.close import close_consumer
from kpr_stream.model.topics import RIGHTS
from kpr_stream.processor.adapters.tuning import OUTPUT_READER, values
from kpr_stream.rights.kinds import ReservationKind
from kpr_stream.rights.table import Rights

POLL_MS: Final = 500
"""How long one fetch waits where nothing comes; a record that comes is not delayed by it."""
ASK_S: Final = 5.0
"""How often the end is asked for, and how long its answer may take."""
STALE_S: Final = 30.0
"""A worker that has not known the end for so long might miss a reservation: it ends."""

_PARTITION: Final = TopicPartition(RIGHTS, 0)


class RightsReader:
    """The one reader of a worker. ``died`` must end the process."""

    def __init__(
        self,
        access: KafkaAccess,
        client_id: str,
        *,
        kinds: tuple[ReservationKind, ...],
        died: Callable[[BaseException], None],
    ) -> None:
        self._access, self._client_id, self._died = access, client_id, died
        self.current = Rights(kinds=kinds)
        """Everything read so far, as one value that never changes."""
        self._started = asyncio.Event()
        self._advanced = asyncio.Condition()
        self._position = 0
        self._known_at = monotonic()
        self._consumer: AIOKafkaConsumer | None = None

    async def catch_up(self) -> None:
        """Return when everything that is on the topic now has been read."""
        await self._started.wait()
        await self._reach(await self._end())

    async def reach(self, offset: int, within_s: float) -> bool:
        """Wait until the record at ``offset`` is in; False if that takes longer."""
        try:
            async with asyncio.timeout(within_s):
                await self._started.wait()
                await self._reach(offset + 1)
        except TimeoutError:
            return False
        return True

    async def run(self) -> None:
        """Read until cancelled. Whatever keeps it from reading ends the process."""
        try:
            await self._read()
        except KafkaError as cause:
            self._died(self._access.failed(cause))
        except (BrokerError, WireFormatError) as cause:
            self._died(cause)
        finally:
            if self._consumer is not None:
                await close_consumer(self._consumer)

    async def _read(self) -> None:
        # Made here: it takes the loop it is made on.
        self._consumer = consumer = AIOKafkaConsumer(
            **self._access.for_aiokafka(),
            client_id=f"{self._client_id}-rights",
            **values(OUTPUT_READER),
        )
        await consumer.start()
        consumer.assign([_PARTITION])
        begins = await consumer.beginning_offsets([_PARTITION])
        consumer.seek(_PARTITION, begins[_PARTITION])
        self._position = begins[_PARTITION]
        self._started.set()
        asked = monotonic()
        while True:
            found = await consumer.getmany(_PARTITION, timeout_ms=POLL_MS)
            records = [(r.offset, r.key, r.value) for r in found.get(_PARTITION, ())]
            if records:
                self.current = self.current.with_records(records)
            async with self._advanced:
                self._position = await consumer.position(_PARTITION)
                self._advanced.notify_all()
            if monotonic() - asked > ASK_S:
                asked = monotonic()
                await self._check()

    async def _check(self) -> None:
        try:
            end = await self._end()
        except (BrokerError, KafkaError):
            end = None
        if end is not None and self._position >= end:
            self._known_at = monotonic()
        elif monotonic() - self._known_at > STALE_S:
            raise BrokerError(
                f"{RIGHTS} at {self._access.bootstrap} could not be read to its end for "
                f"{STALE_S:.0f} s.",
                what_to_do="Check the broker and the processor's right to read it: without it no "
                "lane may go on.",
            )

    async def _end(self) -> int:
        if self._consumer is None:
            raise RuntimeError("started without a consumer")
        try:
            async with asyncio.timeout(ASK_S):
                ends = await self._consumer.end_offsets([_PARTITION])
        except TimeoutError:
            raise BrokerError(
                f"Kafka at {self._access.bootstrap} did not tell the end of {RIGHTS} within "
                f"{ASK_S:.0f} s.",
                what_to_do="Check the broker's health and the network to it.",
            ) from None
        return int(ends[_PARTITION])

    async def _reach(self, position: int) -> None:
        async with self._advanced:
            await self._advanced.wait_for(lambda: self._position >= position)
