"""The numbered steps of a commit: their order, and what a failure of each one means."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiokafka import TopicPartition

from kpr_stream.errors import LaneError, LaneFencedError
from kpr_stream.model import topics
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.header import LedgerHeader
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.stages import Stage
from kpr_stream.processor.lanes.commit import AbortNeededError, CommitContext, commit_batch
from kpr_stream.processor.pipeline import Decided
from kpr_stream.processor.state.entries import Entries, read_watermark, watermark_key

RECORDS = [
    SourceRecord(topic_index=0, partition=3, offset=7, received_at=0, key=b"k", value=b"v"),
    SourceRecord(topic_index=2, partition=3, offset=9, received_at=0, key=b"k", value=b"v"),
]
OUTPUT = OutputRecord(topics.UNIT, b"u", b"v", LedgerHeader(source_topic=0, source_offset=7), 123)


class Recorder:
    """A producer and a ledger that write down what is done to them, and fail where told."""

    def __init__(self, fails: str = "", error: Exception | None = None) -> None:
        self.done: list[str] = []
        self.remembered: Entries = {}
        self.offsets: Mapping[TopicPartition, int] = {}
        self._fails, self._error = fails, error or OSError()

    def _do(self, what: str) -> None:
        if what == self._fails:
            raise self._error
        self.done.append(what)

    async def begin(self) -> None:
        self._do("begin")

    async def produce(self, outputs: Sequence[OutputRecord]) -> list[asyncio.Future[Any]]:
        self._do("produce")
        return [asyncio.get_running_loop().create_future() for _ in outputs]

    async def await_deliveries(self, futures: Sequence[asyncio.Future[Any]]) -> list[int]:
        self._do("check")
        return [40 + i for i, _ in enumerate(futures)]

    async def add_offsets(self, offsets: Mapping[TopicPartition, int], group: str) -> None:
        self._do("offsets")
        self.offsets = offsets
        assert group == "kpr-hst"

    async def commit(self) -> None:
        self._do("commit")

    def write(self, entries: Entries) -> None:
        self._do("remember")
        self.remembered = entries


def context(recorder: Recorder, taken: int = 2) -> CommitContext:
    async def take() -> list[SourceRecord]:
        return RECORDS

    async def decide(_: Sequence[SourceRecord]) -> Decided:
        return Decided(outputs=[OUTPUT], entries={b"x": b"y"}, taken=taken)

    async def after_step(lane: int, step: int) -> None:
        assert lane == 3
        recorder.done.append(str(step))

    return CommitContext(
        lane=3,
        group="kpr-hst",
        take=take,
        decide=decide,
        producer=recorder,
        ledger=recorder,
        after_step=after_step,
    )


async def test_steps_come_in_order_and_memory_last() -> None:
    recorder = Recorder()
    await commit_batch(context(recorder))
    assert " ".join(recorder.done) == (
        "1 2 begin 3 produce 4 check 5 offsets 6 commit 7 remember 8"
    )
    assert recorder.offsets == {
        TopicPartition(topics.SOURCE_TOPICS[0], 3): 8,
        TopicPartition(topics.SOURCE_TOPICS[2], 3): 10,
    }
    assert recorder.remembered[b"x"] == b"y"
    assert read_watermark(recorder.remembered[watermark_key(topics.UNIT)]) == (41, 123)


async def test_the_stages_of_a_transaction_are_measured_around_their_steps() -> None:
    recorder = Recorder()

    @contextmanager
    def measure(stage: Stage) -> Iterator[None]:
        recorder.done.append(f"<{stage}")
        yield
        recorder.done.append(f"{stage}>")

    await commit_batch(replace(context(recorder), measure=measure))
    assert " ".join(recorder.done) == (
        "1 2 <send begin 3 produce 4 check 5 send> <offsets offsets 6 offsets> "
        "<commit commit 7 commit> <ledger remember 8 ledger>"
    )


async def test_only_settled_records_move_the_offsets() -> None:
    recorder = Recorder()
    await commit_batch(context(recorder, taken=1))
    assert recorder.offsets == {TopicPartition(topics.SOURCE_TOPICS[0], 3): 8}


@pytest.mark.parametrize("step", ["begin", "produce", "check", "offsets"])
async def test_a_failure_before_the_commit_asks_for_an_abort_and_remembers_nothing(
    step: str,
) -> None:
    recorder = Recorder(fails=step)
    with pytest.raises(AbortNeededError):
        await commit_batch(context(recorder))
    assert "commit" not in recorder.done
    assert recorder.remembered == {}


@pytest.mark.parametrize("step", ["commit", "remember"])
async def test_a_failure_from_the_commit_on_ends_the_process(step: str) -> None:
    with pytest.raises(LaneError, match="answer is unknown"):
        await commit_batch(context(Recorder(fails=step)))


async def test_a_fenced_lane_is_never_tried_again() -> None:
    fenced = LaneFencedError("taken over.", what_to_do="Nothing.")
    with pytest.raises(LaneFencedError):
        await commit_batch(context(Recorder(fails="check", error=fenced)))
