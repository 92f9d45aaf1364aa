"""Faust's consumer with five changes that lanes need; each names what it prevents."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import aiokafka
from aiokafka.errors import IllegalStateError
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Transport
from faust.types import TP

from kpr_stream.processor.adapters.tuning import CONSUMER, values

NOTHING_ASSIGNED_S: Final = 0.05
"""How often to check for an assignment. Faust checks once a second, so a lane that is open would
wait up to a second for its first record."""

RESUMED_S: Final = 0.1
"""The longest wait for records. Faust waits a second, and only for partitions that are not paused
when the wait begins: a partition resumed meanwhile would be idle for the rest of that second."""


class NoReadOffsets(dict[TP, int | None]):
    """Faust's table of the last offset read in each partition, always empty.

    Faust drops records below the last offset read, and lowers that offset only after a seek has
    returned from the consumer's thread. Records fetched from the new position before then would be
    lost. The lanes know their next offsets and drop what they have seen, so Faust drops nothing.
    """

    def __getitem__(self, _: TP) -> None:
        return None


class LaneConsumerThread(AIOKafkaConsumerThread):
    """Faust's thread, with the client settings that Faust fixes in its code."""

    logger = logging.getLogger(AIOKafkaConsumerThread.__module__)

    def _create_worker_consumer(self, transport: Transport) -> aiokafka.AIOKafkaConsumer:
        client = super()._create_worker_consumer(transport)
        for name, value in values(CONSUMER).items():
            setattr(client, f"_{name}", value)
        return client


class LaneConsumer(Consumer):
    """Faust's consumer, which hands over everything it fetches without delay."""

    logger = logging.getLogger(Consumer.__module__)

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as Faust gives them
        super().__init__(*args, **options)
        self._read_offset = NoReadOffsets()
        self.next_offsets: Callable[[], Mapping[TP, int]] = dict
        """Returns the next offset of each partition whose lane is open."""

    async def perform_seek(self) -> None:
        """Seek to the next offsets of the open lanes, else to what is committed.

        aiokafka does not seek in a partition without a committed offset. Records fetched from it
        before its lane was open would then come only after the next record sent to it.
        """
        await super().perform_seek()
        assigned = self.assignment()
        seeks = (self.seek(tp, o) for tp, o in self.next_offsets().items() if tp in assigned)
        with suppress(IllegalStateError):  # revoked meanwhile: its next owner seeks
            await asyncio.gather(*seeks)

    def _new_consumer_thread(self) -> LaneConsumerThread:
        return LaneConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _wait_next_records(self, timeout: float) -> Any:  # noqa: ANN401, ASYNC109 - Faust's
        while self.flow_active and not self.should_stop and not self._get_active_partitions():
            await self.sleep(NOTHING_ASSIGNED_S)
        return await super()._wait_next_records(min(timeout, RESUMED_S))
