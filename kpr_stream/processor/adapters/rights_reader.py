"""Read ``kpr.rights``: whole before any lane opens, then what is added.

A worker that cannot read it must not keep deciding by what it read long ago. It ends, and a worker
that can read it takes the lanes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Final

from aiokafka import TopicPartition

from kpr_stream.errors import BrokerError, KprError
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.partition_reader import ANSWER_S, PartitionReader
from kpr_stream.model.topics import RIGHTS
from kpr_stream.processor.adapters.tuning import OUTPUT_READER, values
from kpr_stream.rights.kinds import ReservationKind
from kpr_stream.rights.table import Rights

POLL_MS: Final = 500
"""How long one fetch waits where nothing comes; a record that comes is not delayed by it."""
ASK_S: Final = 5.0
"""How often the end is asked for, and how long its answer may take."""
SLOW_S: Final = 12.0
"""Longer than two questions take: a worker without an answer for this long is not ready."""
STALE_S: Final = 30.0
"""A worker that has not known the end for this long might miss a reservation: it ends."""

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
        self._access, self._died = access, died
        self.current = Rights(kinds=kinds)
        """Everything read so far, as one value that never changes."""
        self._reader = PartitionReader(
            access,
            {RIGHTS: 1},
            wait_ms=POLL_MS,
            connect_s=ANSWER_S,
            client_id=f"{client_id}-rights",
            **values(OUTPUT_READER),
        )
        self._started = asyncio.Event()
        self._advanced = asyncio.Condition()
        self._position = 0
        self._known_at = monotonic()

    async def catch_up(self) -> None:
        """Return when everything that is on the topic now has been read."""
        await self._started.wait()
        await self._reach(await self._end())

    def against_ready(self) -> str | None:
        """Return that Kafka does not answer, or None."""
        silent_s = monotonic() - self._known_at
        return f"Kafka has not answered for {silent_s:.0f} s." if silent_s > SLOW_S else None

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
        """Read until cancelled. Any failure to read ends the process."""
        try:
            async with self._reader:
                await self._read()
        except KprError as cause:
            self._died(cause)

    async def _read(self) -> None:
        begin = (await self._reader.ranges())[_PARTITION].begin
        self._reader.read_from({_PARTITION: begin})
        self._position = begin
        self._started.set()
        asked = monotonic()
        while True:
            found = await self._reader.fetch()
            records = [(r.offset, r.key, r.value) for r in found.get(_PARTITION, ())]
            if records:
                self.current = self.current.with_records(records)
            async with self._advanced:
                self._position = await self._reader.position(_PARTITION)
                self._advanced.notify_all()
            if monotonic() - asked > ASK_S:
                asked = monotonic()
                await self._check()

    async def _check(self) -> None:
        try:
            end = await self._end()
        except BrokerError:
            end = None
        if end is not None and self._position >= end:
            self._known_at = monotonic()
        elif monotonic() - self._known_at > STALE_S:
            raise BrokerError(
                f"{RIGHTS} at {self._access.bootstrap} could not be read to its end for "
                f"{STALE_S:.0f} s.",
                what_to_do="Check the broker and the processor's right to read it: without it no "
                "lane may decide.",
            )

    async def _end(self) -> int:
        return (await self._reader.ranges(within_s=ASK_S))[_PARTITION].end

    async def _reach(self, position: int) -> None:
        async with self._advanced:
            await self._advanced.wait_for(lambda: self._position >= position)
