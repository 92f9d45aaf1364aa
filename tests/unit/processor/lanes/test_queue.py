"""What waits in a lane: order, repeats, gaps, back-pressure, and who goes next."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.processor.adapters.tuning import FAUST, values
from kpr_stream.processor.lanes import queue as lane
from kpr_stream.processor.lanes.budget import HEAVY_BATCHES, QUEUE_BYTES, Budget
from kpr_stream.processor.lanes.queue import HEADING_BYTES, LIGHT, READ_AGAIN_S, LaneQueue

HEAVY = HEADING_BYTES + 4 * LIGHT


class Calls:
    def __init__(self) -> None:
        self.made: list[object] = []

    def queue(
        self,
        *,
        topics: int = 2,
        budget: Budget | None = None,
        max_records: int = 100,
        max_bytes: int = 10_000_000,
    ) -> LaneQueue:
        return LaneQueue(
            [0, 5, *[0] * (topics - 2)],
            budget=budget or Budget(),
            pause=lambda topic: self.made.append(("pause", topic)),
            resume=lambda topic: self.made.append(("resume", topic)),
            seek=lambda topic, offset: self.made.append((topic, offset)),
            max_records=max_records,
            max_bytes=max_bytes,
        )


def record(offset: int, topic: int = 0, size: int = 10) -> SourceRecord:
    return SourceRecord(
        topic_index=topic, partition=0, offset=offset, received_at=0, key=b"k", value=b"v" * size
    )


async def offsets(queue: LaneQueue) -> list[tuple[int, int]]:
    return [(r.topic_index, r.offset) for r in await queue.take()]


async def test_records_are_taken_once_each_in_the_order_of_their_topic() -> None:
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
    assert queue.waiting_bytes == 0


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


async def test_a_gap_is_read_again_once_more_if_that_brought_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(lane, "perf_counter", lambda: now)
    calls = Calls()
    queue = calls.queue()
    queue.offer(record(3))
    now += READ_AGAIN_S / 2
    queue.offer(record(4))
    assert calls.made == [(0, 0)]
    now += READ_AGAIN_S
    queue.offer(record(5))
    queue.offer(record(6))
    assert calls.made == [(0, 0)] * 2
    gap_since = [queue.gap_since]
    for offset in range(7):
        queue.offer(record(offset))
    assert [*gap_since, queue.gap_since] == [100.0, None]
    assert queue.next_offsets == [7, 5]


async def test_after_reopening_what_was_committed_is_forgotten() -> None:
    queue = Calls().queue()
    for offset in range(3):
        queue.offer(record(offset))
    queue.restart([2, 5])
    assert [o for _, o in await offsets(queue)] == [2]


async def test_after_reopening_a_gap_before_what_was_committed_is_none() -> None:
    queue = Calls().queue()
    queue.offer(record(3))
    queue.restart([3, 5])
    still = queue.gap_since is not None
    queue.restart([4, 5])
    assert (still, queue.gap_since) == (True, None)


async def test_a_full_topic_is_paused_alone_and_resumed_at_half() -> None:
    calls = Calls()
    queue = calls.queue(max_records=1, budget=Budget(4000))
    for offset in range(5):
        queue.offer(record(offset, size=900))
    queue.offer(record(5, topic=1))
    assert calls.made == [("pause", 0)]
    for _ in range(3):
        assert ("resume", 0) not in calls.made
        await queue.take()
        queue.done(1)
    while queue.waiting:
        await queue.take()
        queue.done(1)
    assert calls.made == [("pause", 0), ("resume", 0)]


async def test_a_pause_that_the_consumer_lifted_is_made_again() -> None:
    calls = Calls()
    queue = calls.queue(budget=Budget(1000))
    for offset in range(3):
        queue.offer(record(offset, size=900))
    assert calls.made == [("pause", 0), ("pause", 0)]


async def test_a_lane_may_always_hold_one_record() -> None:
    calls = Calls()
    queue = calls.queue(budget=Budget(1000))
    queue.offer(record(0, size=4_000_000))
    assert queue.waiting == 1
    assert calls.made == [("pause", 0)]


def test_the_bytes_are_the_workers_shared_by_its_open_lanes() -> None:
    budget = Budget()
    for lanes in range(1, PARTITIONS + 1):
        budget.join()
        assert budget.share == QUEUE_BYTES // lanes
    # What the fetcher holds besides, for every partition of ours, is about as much.
    assert 5 * PARTITIONS * values(FAUST)["consumer_max_fetch_size"] < 1.5 * QUEUE_BYTES


async def test_a_live_delivery_goes_before_the_backlog_of_the_others_and_without_it() -> None:
    queue = Calls().queue(topics=4)
    for offset in range(5):
        for topic in (0, 2, 3):
            queue.offer(record(offset, topic, HEAVY))
    queue.offer(record(5, topic=1))
    assert await offsets(queue) == [(1, 5)]


async def test_backlogs_share_alike_and_live_ones_do_not_starve_them() -> None:
    queue = Calls().queue(topics=4, max_records=1)
    for offset in range(300):
        queue.offer(record(offset + 5, topic=1, size=HEADING_BYTES + 10_000))
    for offset in range(10):
        for topic in (0, 2, 3):
            queue.offer(record(offset, topic, HEAVY))
    served: Counter[int] = Counter()
    for _ in range(200):
        served[(await queue.take())[0].topic_index] += 1
        queue.done(1)
    assert served[1] > 150
    assert min(served[topic] for topic in (0, 2, 3)) >= 10


async def test_who_was_away_gets_no_credit_for_it() -> None:
    queue = Calls().queue(topics=3, max_records=1)
    for offset in range(10):
        queue.offer(record(offset, 0, HEAVY))
    for _ in range(6):
        await queue.take()
        queue.done(1)
    for offset in range(10):
        queue.offer(record(offset, 2, HEAVY))
    taken = []
    for _ in range(4):
        taken.append((await queue.take())[0].topic_index)
        queue.done(1)
    assert sorted(taken) == [0, 0, 2, 2]


async def test_heavy_batches_take_turns_and_light_ones_do_not_wait() -> None:
    budget = Budget()
    queues = [Calls().queue(budget=budget) for _ in range(HEAVY_BATCHES + 1)]
    for queue in queues:
        queue.offer(record(0, size=HEAVY))
    *first, last = queues
    for queue in first:
        await queue.take()
    waiting = asyncio.create_task(last.take())
    await asyncio.sleep(0)
    assert not waiting.done()
    last.offer(record(5, topic=1))
    assert [r.topic_index for r in await waiting] == [1]
    last.done(1)
    waiting = asyncio.create_task(last.take())
    await asyncio.sleep(0)
    first[0].done(1)
    first[0].release_turn()
    assert [r.topic_index for r in await waiting] == [0]


async def test_a_lane_that_decides_again_later_gives_its_turn_away() -> None:
    budget = Budget(heavy_batches=1)
    stuck, other = (Calls().queue(budget=budget) for _ in range(2))
    for queue in (stuck, other):
        queue.offer(record(0, size=HEAVY))
    await stuck.take()
    waiting = asyncio.create_task(other.take())
    await asyncio.sleep(0)
    stuck.release_turn()
    assert len(await waiting) == 1


@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from((10, HEAVY // 3, HEAVY))), max_size=60),
    st.integers(1, 7),
)
async def test_every_record_comes_once_and_each_topic_in_order(
    arrivals: list[tuple[int, int]], settled: int
) -> None:
    queue = Calls().queue(topics=4, max_records=10)
    counted = Counter({1: 5})
    for topic, size in arrivals:
        queue.offer(record(counted[topic], topic, size))
        counted[topic] += 1
    taken: list[tuple[int, int]] = []
    while queue.waiting:
        batch = await offsets(queue)
        taken += batch[:settled]
        queue.done(min(settled, len(batch)))
    assert len(taken) == len(arrivals)
    for topic in range(4):
        mine = [offset for index, offset in taken if index == topic]
        assert mine == list(range(5 if topic == 1 else 0, counted[topic]))
