"""Carry the cleaned topic to the analysts' topic, one transaction for each partition and batch.

Records, released records and the source offset become valid together. The offset's note holds the
day (``position.py``), so the records that are held at an offset follow from the cleaned topic.
After any failure everything is closed and opened again: only what is committed counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.structs import OffsetAndMetadata

from kpr_stream.errors import LaneFencedError
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.committed import committed_offsets
from kpr_stream.kafka.limits import PATIENT
from kpr_stream.kafka.partition_reader import PartitionReader
from kpr_stream.model.norwegian_time import norwegian_day
from kpr_stream.model.output import KeyedRecord
from kpr_stream.model.topics import (
    ANALYST_CONSULTATION,
    CONSULTATION,
    DAY_MS,
    PARTITIONS,
    Role,
)
from kpr_stream.processor.adapters.producer import PartitionProducer
from kpr_stream.projector.hold import READ_BACK_DAYS, Held, Shown
from kpr_stream.projector.position import ResumePoint, note_of, position_of
from kpr_stream.projector.project import projected
from kpr_stream.reference import Reference

GROUP: Final = Role.PROJECTOR.value
"""Consumer group of the committed offsets, and what transactional ids begin with."""
CLIENT_ID: Final = "kpr-projector"
FETCH_RECORDS: Final = 5_000
"""Records of a batch at most: bounds memory and the time of a transaction, which the broker ends
after 15 s."""
FETCH_BYTES: Final = 1_000_000
"""Of each partition: eight wait in memory."""
WAIT_MS: Final = 500
"""How long an idle projector waits before it looks at the calendar; records end the wait."""
COMMITTED_S: Final = 30.0
"""For the committed offsets of all partitions; the group's coordinator may move meanwhile."""

AfterStep = Callable[[int, int], Awaitable[None]]
"""Called with partition and step: 1 begun, 2 produced, 3 confirmed, 4 offsets, 5 committed."""


class ProjectionProducer(PartitionProducer[KeyedRecord]):
    """Writes one partition of the analysts' topic. Its records have no headers."""

    what = "projection"
    process = "projector"
    after_fence = "Run only one projector: this one ends."


@dataclass(slots=True)
class Projection:
    """One partition: where it resumes, and what it holds back."""

    producer: ProjectionProducer
    next_offset: int
    held: Held


@dataclass(frozen=True, slots=True)
class Done:
    """What one committed transaction has written."""

    partition: int
    shown: int
    removed: int
    arrived_ms: int | None
    """When the last record arrived that was carried; None if only held ones were released."""


async def _no_step(_: int, __: int) -> None:
    return


class Projections:
    """All partitions of the topic, for one task."""

    def __init__(
        self,
        access: KafkaAccess,
        reference: Reference,
        *,
        now_ms: Callable[[], int],
        from_beginning: bool = False,
        after_step: AfterStep = _no_step,
    ) -> None:
        """``from_beginning`` ignores committed offsets at the first opening."""
        self._access, self._reference, self._now_ms = access, reference, now_ms
        self._from_beginning, self._after_step = from_beginning, after_step
        self._reader: PartitionReader | None = None
        self._topic_id = ""
        self._ends: Mapping[TopicPartition, int] = {}
        self.partitions: dict[TopicPartition, Projection] = {}

    async def open(self) -> None:
        """Fence every earlier projector, find out where each partition resumes, and read on."""
        reader = PartitionReader(
            self._access,
            {CONSULTATION: PARTITIONS},
            wait_ms=WAIT_MS,
            patience_s=PATIENT.patience_s,
            client_id=CLIENT_ID,
            max_poll_records=FETCH_RECORDS,
            max_partition_fetch_bytes=FETCH_BYTES,
        )
        await reader.start()
        self._reader = reader
        self._topic_id = (await reader.topic_ids())[CONSULTATION]
        places = [TopicPartition(CONSULTATION, n) for n in range(PARTITIONS)]
        producers = {tp: self._producer(tp.partition) for tp in places}
        try:
            await asyncio.gather(*(one.fence() for one in producers.values()))
            positions = await self._positions(reader, places)
        except BaseException:
            await asyncio.gather(*(one.close() for one in producers.values()))
            raise
        self.partitions = {
            tp: Projection(producers[tp], at.next_offset, Held(at.day))
            for tp, at in positions.items()
        }
        await self._read_held(reader)
        self._ends = await self.ends()
        reader.read_from({tp: one.next_offset for tp, one in self.partitions.items()})

    async def round(self) -> list[Done]:
        """Fetch once, and commit what follows; return what was committed."""
        reader = self._opened
        found = await reader.fetch()
        today = norwegian_day(self._now_ms())
        due = [
            self._carry(one, tp, found.get(tp, []), today)
            for tp, one in self.partitions.items()
            if tp in found or today > one.held.day
        ]
        results = await asyncio.gather(*due, return_exceptions=True)
        failures = [one for one in results if isinstance(one, BaseException)]
        # A fence first: opening again would fence the other projector in turn.
        for failure in sorted(failures, key=lambda one: not isinstance(one, LaneFencedError)):
            raise failure
        return [one for one in results if isinstance(one, Done)]

    async def lag(self) -> Mapping[int, int]:
        """Return how many offsets of each partition are not read, as the last fetch saw it."""
        reader = self._opened
        return {
            tp.partition: max(0, (reader.end_of(tp) or self._ends[tp]) - await reader.position(tp))
            for tp in self.partitions
        }

    async def ends(self) -> Mapping[TopicPartition, int]:
        """Return the end of each partition as it is now."""
        return {tp: log.end for tp, log in (await self._opened.ranges()).items()}

    async def reached(self, ends: Mapping[TopicPartition, int]) -> bool:
        """Return whether everything before ``ends`` is read; ``round`` commits what it reads."""
        return all([await self._opened.position(tp) >= end for tp, end in ends.items()])

    async def close(self) -> None:
        """Close all connections. What is not committed is carried again."""
        reader, self._reader = self._reader, None
        partitions, self.partitions = self.partitions, {}
        try:
            await asyncio.gather(*(one.producer.close() for one in partitions.values()))
        finally:
            if reader is not None:
                await reader.close()

    async def _carry(
        self,
        one: Projection,
        tp: TopicPartition,
        records: Sequence[ConsumerRecord],
        today: int,
    ) -> Done:
        shown = one.held.release(today)
        shown += one.held.take(await asyncio.to_thread(projected, records, self._reference))
        if records:
            one.next_offset = records[-1].offset + 1
        # Also if nothing is shown, once a day: Kafka forgets offsets that are not committed for
        # long, and everything would be written again.
        await self._commit(one, tp, shown)
        removed = sum(value is None for _, value in shown)
        arrived_ms = records[-1].timestamp if records else None
        return Done(tp.partition, len(shown) - removed, removed, arrived_ms)

    async def _commit(self, one: Projection, tp: TopicPartition, shown: Sequence[Shown]) -> None:
        producer, partition, now = one.producer, tp.partition, self._now_ms()
        # The time of the commit, not of the delivery: the topic shows no earlier time.
        outputs = [KeyedRecord(ANALYST_CONSULTATION, key, value, now) for key, value in shown]
        await producer.begin()
        await self._after_step(partition, 1)
        sent = await producer.produce(outputs)
        await self._after_step(partition, 2)
        await producer.await_deliveries(sent)
        await self._after_step(partition, 3)
        producer.notes = {CONSULTATION: note_of(self._topic_id, one.held.day)}
        await producer.add_offsets({tp: one.next_offset}, GROUP)
        await self._after_step(partition, 4)
        await producer.commit()
        await self._after_step(partition, 5)

    async def _positions(
        self, reader: PartitionReader, places: Sequence[TopicPartition]
    ) -> dict[TopicPartition, ResumePoint]:
        committed: Mapping[TopicPartition, OffsetAndMetadata] = {}
        if not self._from_beginning:
            committed = await committed_offsets(
                self._access, GROUP, places, client_id=CLIENT_ID, within_s=COMMITTED_S
            )
        # A later opening resumes where this one has committed.
        self._from_beginning = False
        begins = await reader.ranges()
        today = norwegian_day(self._now_ms())
        return {
            tp: position_of(committed[tp].offset, committed[tp].metadata, self._topic_id)
            if tp in committed
            else ResumePoint(next_offset=begins[tp].begin, day=today)
            for tp in places
        }

    async def _read_held(self, reader: PartitionReader) -> None:
        """Read again what may be held: the records of the last days before each position."""
        starts = {}
        for tp, one in self.partitions.items():
            at = await reader.offset_at(tp, (one.held.day - READ_BACK_DAYS) * DAY_MS)
            if at is not None and at < one.next_offset:
                starts[tp] = at
        if not starts:
            return
        reader.read_from(starts)
        async for found in reader.until({tp: self.partitions[tp].next_offset for tp in starts}):
            for tp, records in found.items():
                made = await asyncio.to_thread(projected, records, self._reference)
                self.partitions[tp].held.take(made)

    def _producer(self, partition: int) -> ProjectionProducer:
        return ProjectionProducer(
            self._access, transactional_id=f"{GROUP}-{partition}", lane=partition
        )

    @property
    def _opened(self) -> PartitionReader:
        if self._reader is None:
            raise RuntimeError("open() comes first")
        return self._reader
