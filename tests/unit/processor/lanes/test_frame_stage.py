"""The shared frame stage: who asks at the same time goes through together, poison goes alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from kpr_stream.errors import DiskError
from kpr_stream.model.delivery import Arrived, DeliveryRefused, Prepared, SourceRecord
from kpr_stream.model.words import Refusal
from kpr_stream.processor.lanes.frame_stage import FrameStage
from kpr_stream.processor.poison.isolate import Work
from tests.unit.processor.intake.test_sequence import envelope


def arrived(offset: int) -> Arrived:
    return Arrived(
        SourceRecord(
            topic_index=0, partition=0, offset=offset, received_at=0, key=b"k", value=b"v"
        ),
        envelope(offset),
    )


def sources(answer: Sequence[Prepared | DeliveryRefused]) -> list[Arrived]:
    return [result.arrived for result in answer if isinstance(result, Prepared)]


class Recorded:
    def __init__(self, poison: int | None = None, error: Exception | None = None) -> None:
        self.calls: list[list[int]] = []
        self._poison, self._error = poison, error or ArithmeticError()

    def __call__(self, deliveries: Sequence[Arrived]) -> Sequence[Prepared | DeliveryRefused]:
        offsets = [d.source.offset for d in deliveries]
        self.calls.append(offsets)
        if self._poison in offsets:
            raise self._error
        return [Prepared(d, ()) for d in deliveries]


@asynccontextmanager
async def running(work: Work) -> AsyncIterator[FrameStage]:
    stage = FrameStage(work, max_items=100)
    task = asyncio.create_task(stage.run())
    try:
        yield stage
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_lanes_that_ask_together_share_a_frame_and_get_their_own_back() -> None:
    work = Recorded()
    async with running(work) as stage:
        answers = await asyncio.gather(
            stage.prepare([arrived(1), arrived(2)]), stage.prepare([arrived(3)])
        )
    assert [[r.source.offset for r in sources(answer)] for answer in answers] == [
        [1, 2],
        [3],
    ]
    assert work.calls == [[1, 2, 3]]


async def test_poison_of_one_lane_is_refused_and_the_others_go_on() -> None:
    async with running(Recorded(poison=2)) as stage:
        good, bad = await asyncio.gather(
            stage.prepare([arrived(1)]), stage.prepare([arrived(2), arrived(3)])
        )
    assert [r.source.offset for r in sources(good)] == [1]
    assert [r.reason for r in bad if isinstance(r, DeliveryRefused)] == [Refusal.RECEIVER_FAILED]
    assert [r.source.offset for r in sources(bad)] == [3]


async def test_an_error_of_the_process_goes_to_who_asked() -> None:
    full = DiskError("Full.", what_to_do="Make room.")
    async with running(Recorded(poison=2, error=full)) as stage:
        good, bad = await asyncio.gather(
            stage.prepare([arrived(1)]), stage.prepare([arrived(2)]), return_exceptions=True
        )
    assert bad is full
    assert not isinstance(good, BaseException)
    assert len(good) == 1


async def test_nothing_asked_is_answered_without_a_frame() -> None:
    work = Recorded()
    assert list(await FrameStage(work, max_items=1).prepare([])) == []
    assert work.calls == []


async def test_each_frame_is_timed_once_however_many_lanes_share_it() -> None:
    seconds: list[float] = []
    stage = FrameStage(Recorded(), max_items=100, framed=seconds.append)
    task = asyncio.create_task(stage.run())
    try:
        await asyncio.gather(stage.prepare([arrived(1)]), stage.prepare([arrived(2)]))
        assert len(seconds) == 1
        await stage.prepare([arrived(3)])
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert len(seconds) == 2
    assert min(seconds) > 0
