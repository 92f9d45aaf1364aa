"""One transaction of a lane, in numbered steps. docs/flow/8-commit.md mirrors them.

    1 take      records that wait in the lane
    2 decide    what becomes of each (``pipeline.py``); nothing is written yet
    3 begin     open the transaction
    4 produce   hand every output record over, keep every future
    5 check     await all futures: one failure means abort
    6 offsets   the source offsets become part of the transaction
    7 commit    from this call on, any error means exit
    8 remember  overlay and watermarks into the ledger, in one write

If a step before 7 fails, the lane aborts and decides again, with a new producer and a full opening.
If 7 or 8 fails, this process cannot know whether the transaction is committed: the process ends,
and the next owner of the lane finds out from the topics. What can be written: ``OUTPUT_TOPICS`` in
``model/topics.py``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from aiokafka import TopicPartition

from kpr_stream.errors import KprError, LaneError, LaneFencedError
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.stages import Measure, Stage, unmeasured
from kpr_stream.model.topics import SOURCE_TOPICS
from kpr_stream.processor.pipeline import Decided
from kpr_stream.processor.state.entries import (
    LEDGER_TOPICS,
    Entries,
    watermark,
    watermark_key,
    with_offsets,
)

StepHook = Callable[[int, int], Awaitable[None]]
"""Called with (lane, step) after each numbered step; a test stops or kills there."""


class Transaction(Protocol):
    """A transactional producer."""

    async def begin(self) -> None: ...
    async def produce(self, outputs: Sequence[OutputRecord]) -> list[Any]: ...
    async def await_deliveries(self, sent: Sequence[Any]) -> list[int]: ...
    async def add_offsets(self, offsets: Mapping[TopicPartition, int], group: str) -> None: ...
    async def commit(self) -> None: ...


class Memory(Protocol):
    """A ledger."""

    def write(self, entries: Entries) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitContext:
    """What one transaction of a lane is made with."""

    lane: int
    group: str
    take: Callable[[], Awaitable[Sequence[SourceRecord]]]
    decide: Callable[[Sequence[SourceRecord]], Awaitable[Decided]]
    producer: Transaction
    ledger: Memory
    after_step: StepHook
    measure: Measure = unmeasured


class AbortNeededError(Exception):
    """A step before the commit failed: abort, open the lane again, decide again."""


async def commit_batch(context: CommitContext) -> Decided:
    """Commit the next records of a lane.

    Raises AbortNeededError, LaneFencedError or LaneError (the process must end).
    """
    records = await context.take()
    await context.after_step(context.lane, 1)

    try:
        decided = await context.decide(records)
        await context.after_step(context.lane, 2)

        with context.measure(Stage.SEND):
            await context.producer.begin()
            await context.after_step(context.lane, 3)

            sent = await context.producer.produce(decided.outputs)
            await context.after_step(context.lane, 4)

            offsets = await context.producer.await_deliveries(sent)
            await context.after_step(context.lane, 5)

        with context.measure(Stage.OFFSETS):
            await context.producer.add_offsets(
                next_offsets(records[: decided.taken], context.lane), context.group
            )
            await context.after_step(context.lane, 6)
    except LaneFencedError:
        raise
    except Exception as cause:
        raise AbortNeededError from cause

    try:
        with context.measure(Stage.COMMIT):
            await context.producer.commit()
            await context.after_step(context.lane, 7)

        with context.measure(Stage.LEDGER):
            where = with_offsets(decided.entries, decided.outputs, offsets)
            marks = watermarks(decided.outputs, offsets)
            context.ledger.write({**decided.entries, **where, **marks})
            await context.after_step(context.lane, 8)
    except Exception as cause:
        raise LaneError(
            f"Lane {context.lane}: the commit was called, and its answer is unknown or cannot be "
            f"remembered ({cause if isinstance(cause, KprError) else type(cause).__name__}).",
            what_to_do="This worker ends; the next owner of the lane finds out.",
        ) from cause
    return decided


def next_offsets(records: Sequence[SourceRecord], lane: int) -> dict[TopicPartition, int]:
    """The offset after the last record of each source topic."""
    return {
        TopicPartition(SOURCE_TOPICS[record.topic_index], lane): record.offset + 1
        for record in records
    }


def watermarks(outputs: Sequence[OutputRecord], offsets: Sequence[int]) -> Entries:
    """Ledger entries: where reading each remembered topic resumes after these records."""
    last = {
        output.topic: (offset, output.timestamp)
        for output, offset in zip(outputs, offsets, strict=True)
        if output.topic in LEDGER_TOPICS
    }
    return {watermark_key(topic): watermark(at + 1, time) for topic, (at, time) in last.items()}
