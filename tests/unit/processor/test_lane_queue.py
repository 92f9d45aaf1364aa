"""What waits in a lane: order, repeats, gaps, back-pressure."""

from __future__ import annotations

from kpr_stream.model.delivery import SourceRecord
from kpr_stream.processor.lane import QUEUE_BYTES, LaneQueue


class Calls:
    def __init__(self) -> None:
        self.made: list[object] = []

    def queue(self, *, max_records: int = 100, max_bytes: int = 10_000_000) -> LaneQueue:
        return LaneQueue(
            [0, 5],
            pause=lambda: self.made.append("pause"),
            resume=lambda: self.made.append("resume"),
            seek=lambda topic, offset: self.made.append((topic, offset)),
            max_records=max_records,
            max_bytes=max_bytes,
        )


def record(offset: int, topic: int = 0, size: int = 10) -> SourceRecord:
    return SourceRecord(topic, 0, offset, 0, b"k", b"v" * size)


async def offsets(queue: LaneQueue) -> list[tuple[int, int]]:
    return [(r.topic_index, r.offset) for r in await queue.take()]


async def test_records_are_taken_once_each_in_the_order_they_came() -> None:
    queue = Calls().queue()
    for r in (record(0), record(5, topic=1), record(1), record(0), record(4, topic=1)):
        queue.offer(r)
    assert await offsets(queue) == [(0, 0), (1, 5), (0, 1)]


async def test_taken_records_wait_until_done() -> None:
    queue = Calls().queue()
    queue.offer(record(0))
    queue.offer(record(1))
    assert await offsets(queue) == await offsets(queue) == [(0, 0), (0, 1)]
    queue.done(1)
    assert await offsets(queue) == [(0, 1)]
    queue.done(1)
    assert queue.waiting_since is None


async def test_a_batch_is_bounded_in_records_and_bytes_but_never_empty() -> None:
    queue = Calls().queue(max_records=2, max_bytes=1000)
    for offset in range(3):
        queue.offer(record(offset, size=5000 if offset == 0 else 10))
    assert await offsets(queue) == [(0, 0)]
    queue.done(1)
    assert await offsets(queue) == [(0, 1), (0, 2)]


async def test_a_gap_is_read_again_and_nothing_behind_it_is_taken_meanwhile() -> None:
    calls = Calls()
    queue = calls.queue()
    for offset in (3, 4, 5):
        queue.offer(record(offset))
    assert calls.made == [(0, 0)]
    for offset in (0, 1, 2, 3, 4, 5):
        queue.offer(record(offset))
    assert [o for _, o in await offsets(queue)] == [0, 1, 2, 3, 4, 5]


async def test_a_gap_that_stays_is_the_logs_own() -> None:
    calls = Calls()
    queue = calls.queue()
    for offset in (3, 4, 3, 4):
        queue.offer(record(offset))
    assert calls.made == [(0, 0)]
    assert [o for _, o in await offsets(queue)] == [3, 4]


async def test_a_full_lane_pauses_once_and_resumes_at_half() -> None:
    calls = Calls()
    queue = calls.queue(max_records=1)
    for offset in range(4):
        queue.offer(record(offset, size=QUEUE_BYTES // 3))
    assert calls.made == ["pause"]
    queue.done(1)
    assert calls.made == ["pause"]
    queue.done(2)
    assert calls.made == ["pause", "resume"]


async def test_after_reopening_what_was_committed_is_forgotten() -> None:
    queue = Calls().queue()
    for offset in range(3):
        queue.offer(record(offset))
    queue.restart([2, 5])
    assert [o for _, o in await offsets(queue)] == [2]
