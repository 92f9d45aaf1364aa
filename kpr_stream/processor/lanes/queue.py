"""The records that wait in a lane, by source topic, and which of them go next.

Fair queueing by finish time: the next record is the one after which its topic has been served
least, in bytes. So a live delivery of one system does not wait behind the backlog of the other
three, and no backlog starves. While several topics wait, light records do not travel with heavy
ones.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Final

from kpr_stream.model.delivery import SourceRecord
from kpr_stream.processor.lanes.budget import Budget

RECORD_COST: Final = 1_000
"""Cost of a delivery besides its items, as bytes of items: one RSA operation, 0.8 ms."""
HEADING_BYTES: Final = 6_000
"""Size of a delivery's envelope and embedded schema. They cost next to nothing: if they counted,
ten live items would weigh as much as three hundred."""
READ_AGAIN_S: Final = 5.0
"""A seek may be lost with a connection; without another seek the topic would wait forever."""
LIGHT: Final = 12_000
"""Highest cost of a light batch: some 400 items, or 12 small deliveries, 40 ms of work. A light
batch waits for no turn, so every lane may have one in progress, with live deliveries behind it. At
2.5 times this cost, receipts of live deliveries took twice as long beside a backlog."""


class _Waiting:
    """One source topic's part of a lane."""

    def __init__(self, next_offset: int) -> None:
        self.next_offset = next_offset
        self.records: deque[SourceRecord] = deque()
        self.bytes = 0
        self.served = 0
        self.paused = False
        self.gap_at: int | None = None
        self.gap_since = self.sought = 0.0

    def keep(self, records: Sequence[SourceRecord]) -> None:
        self.records = deque(records)
        self.bytes = sum(_size(record) for record in records)


class LaneQueue:
    """Records of one lane, each source topic in its order, and where each topic resumes.

    ``pause`` and ``resume`` stop and restart the fetching of one topic of this lane; ``seek``
    reads it again from an offset.
    """

    def __init__(
        self,
        next_offsets: Sequence[int],
        *,
        budget: Budget,
        pause: Callable[[int], None],
        resume: Callable[[int], None],
        seek: Callable[[int, int], None],
        max_records: int,
        max_bytes: int,
    ) -> None:
        self._topics = [_Waiting(offset) for offset in next_offsets]
        self._budget = budget
        self._pause, self._resume, self._seek = pause, resume, seek
        self._max_records, self._max_bytes = max_records, max_bytes
        self._arrived = asyncio.Event()
        self._taken: list[SourceRecord] = []
        self._clock = 0
        self._waiting_since = 0.0
        budget.join()

    @property
    def waiting_since(self) -> float | None:
        """When the queue last got its first record (perf_counter); None while it is empty."""
        return self._waiting_since if self.waiting else None

    @property
    def gap_since(self) -> float | None:
        """When the oldest gap was met that has not been read again yet (perf_counter), or None."""
        since = (topic.gap_since for topic in self._topics if topic.gap_at is not None)
        return min(since, default=None)

    @property
    def next_offsets(self) -> list[int]:
        """The next offset to take, by source topic."""
        return [topic.next_offset for topic in self._topics]

    @property
    def waiting(self) -> int:
        """How many records wait."""
        return sum(len(topic.records) for topic in self._topics)

    def oldest(self) -> dict[int, int]:
        """Return when the oldest record arrived that is not committed (ms), by source topic."""
        return {
            index: topic.records[0].received_at
            for index, topic in enumerate(self._topics)
            if topic.records
        }

    @property
    def waiting_bytes(self) -> int:
        """Bytes that the waiting records take."""
        return sum(topic.bytes for topic in self._topics)

    def offer(self, record: SourceRecord) -> None:
        """Queue a record if it is the next of its topic; drop what was seen before.

        After a gap the topic is read again from where it should resume: the missing records may
        have been dropped while no lane was open. A gap that remains after re-reading is a real gap
        in the log (control records).
        """
        topic = self._topics[record.topic_index]
        if record.offset < topic.next_offset:
            return
        if record.offset > topic.next_offset and self._lacks(topic, record):
            return
        topic.gap_at = None
        topic.next_offset = record.offset + 1
        if not self.waiting:
            self._waiting_since = perf_counter()
        if not topic.records:
            # A topic that was idle gets no credit for it, or it could hold up the others as long.
            topic.served = max(topic.served, self._clock)
        topic.records.append(record)
        topic.bytes += _size(record)
        self._arrived.set()
        if topic.bytes > self._share():
            # Each time: the consumer may have resumed the topic for reasons of its own.
            topic.paused = True
            self._pause(record.topic_index)

    def _lacks(self, topic: _Waiting, record: SourceRecord) -> bool:
        """Whether records before this one are missing and may still come; seeks back to them."""
        now = perf_counter()
        if topic.gap_at is None:
            topic.gap_at, topic.gap_since = record.offset, now
        elif record.offset <= topic.gap_at:
            return False
        elif now - topic.sought < READ_AGAIN_S:
            return True
        topic.sought = now
        self._seek(record.topic_index, topic.next_offset)
        return True

    async def take(self) -> list[SourceRecord]:
        """Wait for records, and return as many as make one micro-batch.

        They stay queued until ``done``. A heavy batch waits for its turn; a light batch that comes
        meanwhile goes first.
        """
        self.release_turn()
        while True:
            self._taken, light = self._choose()
            if self._taken and (light or self._budget.may_go(self, self._arrived.set)):
                return self._taken
            self._arrived.clear()
            await self._arrived.wait()

    def release_turn(self) -> None:
        """Give up this lane's turn for a heavy batch, if it has one."""
        self._budget.done(self)

    def done(self, count: int) -> None:
        """Forget the first ``count`` of the records taken: their transaction has committed."""
        for record in self._taken[:count]:
            topic = self._topics[record.topic_index]
            topic.records.popleft()
            topic.bytes -= _size(record)
            self._clock = max(self._clock, topic.served)
            topic.served += _cost(record)
        self._taken = []
        self._resume_the_emptied()

    def restart(self, next_offsets: Sequence[int]) -> None:
        """After the lane was opened again: keep the waiting records that are not committed."""
        self._taken = []
        for topic, offset in zip(self._topics, next_offsets, strict=True):
            topic.keep([r for r in topic.records if r.offset >= offset])
            topic.next_offset = max(topic.next_offset, offset)
            if topic.gap_at is not None and topic.gap_at < topic.next_offset:
                topic.gap_at = None  # the missing records are committed
        self._resume_the_emptied()

    def _choose(self) -> tuple[list[SourceRecord], bool]:
        """The next batch, and whether it is light."""
        rest = {i: iter(topic.records) for i, topic in enumerate(self._topics) if topic.records}
        heads = {i: next(records) for i, records in rest.items()}
        served = {i: self._topics[i].served for i in rest}
        several = len(rest) > 1
        chosen: list[SourceRecord] = []
        size = cost = 0
        while heads and len(chosen) < self._max_records:
            index = min(heads, key=lambda i: served[i] + _cost(heads[i]))
            record = heads[index]
            size += _size(record)
            after = cost + _cost(record)
            if chosen and (size > self._max_bytes or (several and cost <= LIGHT < after)):
                break
            chosen.append(record)
            cost = after
            served[index] += _cost(record)
            following = next(rest[index], None)
            if following is None:
                del heads[index]
            else:
                heads[index] = following
        return chosen, cost <= LIGHT

    def _share(self) -> int:
        """Bytes that one topic of this lane may hold: the fewer topics wait, the more."""
        return self._budget.share // max(1, sum(bool(topic.records) for topic in self._topics))

    def _resume_the_emptied(self) -> None:
        for index, topic in enumerate(self._topics):
            if topic.paused and topic.bytes <= self._share() // 2:
                topic.paused = False
                self._resume(index)


def _size(record: SourceRecord) -> int:
    return len(record.value or b"") + 100


def _cost(record: SourceRecord) -> int:
    return max(0, len(record.value or b"") - HEADING_BYTES) + RECORD_COST
