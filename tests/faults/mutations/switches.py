"""Switch off protections of the commit kernel, one at a time, in a worker under test.

If the checker does not report a missing protection, the faults do not test it.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import update_wrapper
from typing import Any, Final

from aiokafka import AIOKafkaProducer, TopicPartition

from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.model.topics import SOURCE_TOPICS
from kpr_stream.processor.adapters.ledger import Ledger
from kpr_stream.processor.adapters.output_reader import OutputReader
from kpr_stream.processor.adapters.producer import InFlight, LaneProducer
from kpr_stream.processor.adapters.tuning import PRODUCER, values
from kpr_stream.processor.lanes.lane import OpenLane
from kpr_stream.processor.lanes.recovery import Opener
from kpr_stream.processor.state.topic_notes import Committed, Resume


def switch_off(protection: str) -> None:
    """Switch off a protection by its name. KeyError for an unknown name."""
    SWITCHES[protection]()


def replace(method: Callable[..., Any], new: Callable[..., Any]) -> None:
    """Replace a method of a class for the life of the process.

    The method is passed itself, not by name, so that mypy finds every rename.
    """
    class_name, _, name = method.__qualname__.partition(".")
    owner = getattr(sys.modules[method.__module__], class_name)
    # The new method takes the old one's names, so that it can be replaced in turn.
    setattr(owner, name, update_wrapper(new, method))


def _ledger() -> None:
    """Let the ledger forget consultations and appointments."""
    get_many = Ledger.get_many

    def forgetful(ledger: Ledger, keys: Sequence[bytes]) -> list[bytes | None]:
        found = get_many(ledger, keys)
        return [
            None if key[:1] in {b"c", b"a"} else value
            for key, value in zip(keys, found, strict=True)
        ]

    replace(Ledger.get_many, forgetful)


def _catch_up() -> None:
    """Open a lane with this worker's own ledger, without what others have written since."""

    async def nothing_read(_: OutputReader, __: Mapping[int, Ledger], **___: Any) -> None:
        return

    replace(OutputReader.catch_up, nothing_read)


def _futures() -> None:
    """Ignore whether the broker took the records."""

    async def ignore_errors(_: LaneProducer, sent: Sequence[InFlight]) -> list[int]:
        done = await asyncio.gather(*(one.future for one in sent), return_exceptions=True)
        return [getattr(r, "offset", 0) + one.place for r, one in zip(done, sent, strict=True)]

    replace(LaneProducer.await_deliveries, ignore_errors)


def _new_producer() -> None:
    """After an abort, resume with the same producer and the lane's own positions."""

    async def resume(lane: OpenLane, first_wait: float) -> None:
        await asyncio.sleep(first_wait)
        lane.queue.restart([0] * len(SOURCE_TOPICS))

    replace(OpenLane._reopen_with_retries, resume)
    replace(LaneProducer.close, _nothing)


def _fencing() -> None:
    """Give every process its own transactional ids, so that no owner fences the last one."""
    init = LaneProducer.__init__

    def own_id(
        producer: LaneProducer, access: KafkaAccess, *, transactional_id: str, lane: int
    ) -> None:
        init(producer, access, transactional_id=f"{transactional_id}-{os.getpid()}", lane=lane)

    replace(LaneProducer.__init__, own_id)


def _committed() -> None:
    """Do not read the committed offsets after the fence; the ledger still knows them."""

    async def unknown(_: OutputReader, __: list[TopicPartition]) -> dict[TopicPartition, Committed]:
        return {}

    replace(OutputReader._committed, unknown)


def _offsets() -> None:
    """Read where a lane resumes before its fence, not after it."""
    fence = Opener.fence
    known: dict[int, list[int]] = {}

    async def read_first(opener: Opener, lanes: Sequence[int]) -> dict[int, LaneProducer]:
        asked = [TopicPartition(topic, lane) for lane in lanes for topic in SOURCE_TOPICS]
        async with OutputReader(opener._access, opener._group) as reader:
            committed = await reader._committed(asked)
        for lane in lanes:
            known[lane] = [
                committed.get(TopicPartition(topic, lane), Committed(0)).offset
                for topic in SOURCE_TOPICS
            ]
        return await fence(opener, lanes)

    async def as_known(_: OutputReader, ledgers: Mapping[int, Ledger]) -> dict[int, Resume]:
        return {lane: Resume(known[lane], {}, {}) for lane in ledgers}

    replace(Opener.fence, read_first)
    replace(OutputReader.next_offsets, as_known)


def _transaction() -> None:
    """Write records outside the transaction that carries the offsets.

    The first half is on the topics before the second half is handed over.
    """
    plain = {k: v for k, v in values(PRODUCER).items() if "transaction" not in k}
    fence, hand_over, close = LaneProducer.fence, LaneProducer._hand_over, LaneProducer.close
    beside: dict[LaneProducer, AIOKafkaProducer] = {}

    async def start(producer: LaneProducer) -> None:
        await fence(producer)
        beside[producer] = AIOKafkaProducer(**producer._access.for_aiokafka(), **plain)
        await beside[producer].start()

    async def hand_over_outside(
        producer: LaneProducer, outputs: Sequence[Any], batches: list[Any]
    ) -> list[InFlight]:
        own, producer._producer = producer._producer, beside[producer]
        half = (len(outputs) + 1) // 2
        try:
            sent = await hand_over(producer, outputs[:half], batches)
            await asyncio.gather(*{one.future for one in sent})
            return [*sent, *await hand_over(producer, outputs[half:], batches)]
        finally:
            producer._producer = own

    async def stop(producer: LaneProducer) -> None:
        if producer in beside:
            await beside.pop(producer).stop()
        await close(producer)

    replace(LaneProducer.fence, start)
    replace(LaneProducer._hand_over, hand_over_outside)
    replace(LaneProducer.close, stop)


async def _nothing(*_: Any) -> None:
    return


SWITCHES: Final[Mapping[str, Callable[[], None]]] = {
    "ledger": _ledger,
    "catch-up": _catch_up,
    "futures": _futures,
    "new producer": _new_producer,
    "fencing": _fencing,
    "committed": _committed,
    "offsets": _offsets,
    "transaction": _transaction,
}
