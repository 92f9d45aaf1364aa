"""One transaction of a lane, in numbered steps. docs/flow/8-commit.md mirrors them.

    1 take      records that wait in the lane, none while nothing waits
    2 decide    what becomes of each, into an overlay; nothing is written yet
    3 begin     open the transaction
    4 produce   hand every output record over, keep every future
    5 check     await all futures: one failure means abort
    6 offsets   the source offsets become part of the transaction
    7 commit    from this call on, any error means exit
    8 remember  overlay and watermarks into the ledger, in one write

Before 7 an abort may decide again, with a new producer and a full opening. From 7 on nobody
knows whether the transaction stands: the process ends and the next owner of the lane finds out.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from aiokafka import TopicPartition

from kpr_stream.errors import KprError, LaneError, LaneFencedError
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.topics import SOURCE_TOPICS
from kpr_stream.processor.commands.effects import ExecutedCommand
from kpr_stream.processor.decide.delivery import DecidedDelivery
from kpr_stream.processor.state.entries import REMEMBERED, Entries, placed, watermark, watermark_key

StepHook = Callable[[int, int], Awaitable[None]]
"""Called with (lane, step) after each numbered step; a test stops or kills there."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What step 2 gives: outputs in order, what to remember, how many records it settled."""

    outputs: Sequence[OutputRecord]
    puts: Entries
    taken: int
    settled: Sequence[DecidedDelivery]
    executed: Sequence[ExecutedCommand] = ()


class Transaction(Protocol):
    """A transactional producer."""

    async def begin(self) -> None: ...
    async def produce(self, outputs: Sequence[OutputRecord]) -> list[Any]: ...
    async def await_deliveries(self, sent: Sequence[Any]) -> list[int]: ...
    async def add_offsets(self, offsets: Mapping[TopicPartition, int], group: str) -> None: ...
    async def commit(self) -> None: ...


class Memory(Protocol):
    """A ledger."""

    def write(self, puts: Entries) -> None: ...


@dataclass(frozen=True, slots=True)
class CommitContext:
    """What a lane commits with."""

    lane: int
    group: str
    take: Callable[[], Awaitable[Sequence[SourceRecord]]]
    decide: Callable[[Sequence[SourceRecord]], Awaitable[Decided]]
    producer: Transaction
    ledger: Memory
    after_step: StepHook


class AbortNeededError(Exception):
    """Something failed before the commit was called: abort, open the lane anew, decide again."""


async def commit_batch(parts: CommitContext) -> Decided:
    """Carry the next records of a lane through. Raises AbortNeededError, LaneFencedError or
    LaneError (the process must end)."""
    records = await parts.take()
    await parts.after_step(parts.lane, 1)

    try:
        decided = await parts.decide(records)
        await parts.after_step(parts.lane, 2)

        await parts.producer.begin()
        await parts.after_step(parts.lane, 3)

        sent = await parts.producer.produce(decided.outputs)
        await parts.after_step(parts.lane, 4)

        offsets = await parts.producer.await_deliveries(sent)
        await parts.after_step(parts.lane, 5)

        await parts.producer.add_offsets(
            next_offsets(records[: decided.taken], parts.lane), parts.group
        )
        await parts.after_step(parts.lane, 6)
    except LaneFencedError:
        raise
    except Exception as cause:
        raise AbortNeededError from cause

    try:
        await parts.producer.commit()
        await parts.after_step(parts.lane, 7)

        where = placed(decided.puts, decided.outputs, offsets)
        parts.ledger.write({**decided.puts, **where, **watermarks(decided.outputs, offsets)})
        await parts.after_step(parts.lane, 8)
    except Exception as cause:
        raise LaneError(
            f"Lane {parts.lane}: the commit was called, and its answer is unknown or cannot be "
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
    """Where reading each remembered topic would go on after these records."""
    return {
        watermark_key(output.topic): watermark(offset + 1, output.timestamp)
        for output, offset in zip(outputs, offsets, strict=True)
        if output.topic in REMEMBERED
    }
