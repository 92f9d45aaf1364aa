"""Faust's consumer as lanes need it: five departures, each with the trouble it ends."""

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
"""How often to look for an assignment. Faust looks once a second: a lane that is open would wait
as long for its first record."""

RESUMED_S: Final = 0.1
"""How long a wait for records lasts at most. Faust waits a second, for the partitions that are not
paused when it begins: one that is resumed meanwhile stood for the rest of it, after every pause."""


class NothingRead(dict[TP, int | None]):
    """What Faust has read of each partition: as far as it knows, nothing.

    Faust drops what lies below the last offset it has read, and moves that back only when a seek
    has come back from the consumer's thread. What was fetched from the new position until then
    was lost. The lanes know where each topic goes on; nothing is to be dropped before them.
    """

    def __getitem__(self, _: TP) -> None:
        return None


class LaneConsumerThread(AIOKafkaConsumerThread):
    """Faust's thread, with the settings of the client that Faust fixes in its code."""

    logger = logging.getLogger(AIOKafkaConsumerThread.__module__)

    def _create_worker_consumer(self, transport: Transport) -> aiokafka.AIOKafkaConsumer:
        client = super()._create_worker_consumer(transport)
        for name, value in values(CONSUMER).items():
            setattr(client, f"_{name}", value)
        return client


class LaneConsumer(Consumer):
    """Faust's consumer, which hands over everything it fetches, and soon."""

    logger = logging.getLogger(Consumer.__module__)

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as Faust gives them
        super().__init__(*args, **options)
        self._read_offset = NothingRead()
        self.goes_on: Callable[[], Mapping[TP, int]] = dict
        """Where the open lanes go on."""

    async def perform_seek(self) -> None:
        """Seek to where the lanes go on, else to what is committed. aiokafka leaves a partition
        alone of which nothing is committed; what was fetched of it before its lane was open
        would come only when something else is sent to it."""
        await super().perform_seek()
        assigned = self.assignment()
        seeks = (self.seek(tp, o) for tp, o in self.goes_on().items() if tp in assigned)
        with suppress(IllegalStateError):  # given away meanwhile: its next owner seeks
            await asyncio.gather(*seeks)

    def _new_consumer_thread(self) -> LaneConsumerThread:
        return LaneConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _wait_next_records(self, timeout: float) -> Any:  # noqa: ANN401, ASYNC109 - Faust's
        while self.flow_active and not self.should_stop and not self._get_active_partitions():
            await self.sleep(NOTHING_ASSIGNED_S)
        return await super()._wait_next_records(min(timeout, RESUMED_S))
