"""A lane: what waits in it, and the task that carries it through, one transaction at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Final

from kpr_stream.model.delivery import SourceRecord

QUEUE_BYTES: Final = 1_000_000
"""What may wait in a lane before it is paused alone: eight lanes hold 8 MB a worker."""


class LaneQueue:
    """Records of one lane in the order they came, and where each source topic goes on.

    ``pause`` and ``resume`` stop and restart the fetching of this lane alone; ``seek`` reads a
    source topic again from an offset.
    """

    def __init__(
        self,
        next_offsets: Sequence[int],
        *,
        pause: Callable[[], None],
        resume: Callable[[], None],
        seek: Callable[[int, int], None],
        max_records: int,
        max_bytes: int,
    ) -> None:
        self._next = list(next_offsets)
        self._pause, self._resume, self._seek = pause, resume, seek
        self._max_records, self._max_bytes = max_records, max_bytes
        self._records: deque[SourceRecord] = deque()
        self._bytes = 0
        self._paused = False
        self._gap_at: dict[int, int] = {}
        self._arrived = asyncio.Event()
        self._waiting_since = 0.0

    @property
    def waiting_since(self) -> float | None:
        """When the queue last got its first record (perf_counter); None while it is empty."""
        return self._waiting_since if self._records else None

    @property
    def waiting(self) -> int:
        """Records that wait."""
        return len(self._records)

    def offer(self, record: SourceRecord) -> None:
        """Queue a record if it is the next of its topic; drop what was seen before.

        After a gap the topic is read again once from where it should go on, for records that were
        dropped while no lane was open. A gap that is still there then is the log's own.
        """
        topic, expected = record.topic_index, self._next[record.topic_index]
        if record.offset < expected:
            return
        if record.offset > expected:
            first = self._gap_at.get(topic)
            if first is None:
                self._gap_at[topic] = record.offset
                self._seek(topic, expected)
                return
            if record.offset > first:
                return
        self._gap_at.pop(topic, None)
        self._next[topic] = record.offset + 1
        if not self._records:
            self._waiting_since = perf_counter()
        self._records.append(record)
        self._bytes += _size(record)
        self._arrived.set()
        if self._bytes > QUEUE_BYTES and not self._paused:
            self._paused = True
            self._pause()

    async def take(self) -> list[SourceRecord]:
        """Wait for records, then as many from the front as make one micro-batch; they stay
        queued until ``done``."""
        while not self._records:
            self._arrived.clear()
            await self._arrived.wait()
        taken: list[SourceRecord] = []
        size = 0
        for record in self._records:
            size += _size(record)
            if taken and (size > self._max_bytes or len(taken) >= self._max_records):
                break
            taken.append(record)
        return taken

    def done(self, count: int) -> None:
        """Forget the first ``count`` records: their transaction has committed."""
        for _ in range(count):
            self._bytes -= _size(self._records.popleft())
        if self._paused and self._bytes <= QUEUE_BYTES // 2:
            self._paused = False
            self._resume()

    def restart(self, next_offsets: Sequence[int]) -> None:
        """After the lane was opened anew: keep what waits, but for what was committed."""
        kept = [r for r in self._records if r.offset >= next_offsets[r.topic_index]]
        self._records = deque(kept)
        self._bytes = sum(_size(r) for r in kept)
        self._next = [max(a, b) for a, b in zip(self._next, next_offsets, strict=True)]


def _size(record: SourceRecord) -> int:
    return len(record.value or b"") + 100
