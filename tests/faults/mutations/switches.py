"""Switching protections of the commit kernel off, one at a time, in a worker under test.

What the checker does not report then, the faults do not test.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaProducer, TopicPartition

from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.model.topics import SOURCE_TOPICS
from kpr_stream.processor.adapters.ledger import Ledger
from kpr_stream.processor.adapters.output_reader import OutputReader
from kpr_stream.processor.adapters.producer import LaneProducer, Sent
from kpr_stream.processor.adapters.tuning import PRODUCER, values
from kpr_stream.processor.lanes.lane import OpenLane
from kpr_stream.processor.lanes.recovery import Opener


def switch_off(protection: str) -> None:
    """Switch one off; KeyError for a name that is none."""
    SWITCHES[protection]()


def put(owner: object, name: str, new: object) -> None:
    """Put something of ours in the place of a method or function, for the life of the process."""
    assert hasattr(owner, name), f"{owner} has no {name}"
    setattr(owner, name, new)


def _ledger() -> None:
    """Nothing is remembered of consultations and appointments."""
    get_many = Ledger.get_many

    def forgetful(ledger: Ledger, keys: Sequence[bytes]) -> list[bytes | None]:
        found = get_many(ledger, keys)
        return [
            None if key[:1] in {b"c", b"a"} else value
            for key, value in zip(keys, found, strict=True)
        ]

    put(Ledger, "get_many", forgetful)


def _catch_up() -> None:
    """A lane opens with what this worker itself remembers, whatever others have written since."""

    async def nothing_read(_: OutputReader, __: Mapping[int, Ledger], **___: Any) -> None:
        return

    put(OutputReader, "catch_up", nothing_read)


def _futures() -> None:
    """Nobody asks whether the broker took the records."""

    async def unasked(_: LaneProducer, sent: Sequence[Sent]) -> list[int]:
        done = await asyncio.gather(*(one.future for one in sent), return_exceptions=True)
        return [getattr(r, "offset", 0) + one.place for r, one in zip(done, sent, strict=True)]

    put(LaneProducer, "delivered", unasked)


def _new_producer() -> None:
    """After an abort the lane goes on with the producer it has, and with what it believes."""

    async def go_on(lane: OpenLane, first_wait: float) -> None:
        await asyncio.sleep(first_wait)
        lane.queue.restart([0] * len(SOURCE_TOPICS))

    put(OpenLane, "_open_anew", go_on)
    put(LaneProducer, "close", _nothing)


def _fencing() -> None:
    """Every process has transactional ids of its own: no owner fences the one before it."""
    init = LaneProducer.__init__

    def own_id(
        producer: LaneProducer, access: KafkaAccess, *, transactional_id: str, lane: int
    ) -> None:
        init(producer, access, transactional_id=f"{transactional_id}-{os.getpid()}", lane=lane)

    put(LaneProducer, "__init__", own_id)


def _committed() -> None:
    """The committed offsets are not read again after the fence; the ledger still knows them."""

    async def unknown(_: OutputReader, __: list[TopicPartition]) -> dict[TopicPartition, int]:
        return {}

    put(OutputReader, "_committed", unknown)


def _offsets() -> None:
    """Where a lane goes on is read before its fence, not after it."""
    fence = Opener.fence
    known: dict[int, list[int]] = {}

    async def read_first(opener: Opener, lanes: Sequence[int]) -> dict[int, LaneProducer]:
        asked = [TopicPartition(topic, lane) for lane in lanes for topic in SOURCE_TOPICS]
        async with OutputReader(opener._access, opener._group) as reader:
            committed = await reader._committed(asked)
        for lane in lanes:
            known[lane] = [committed.get(TopicPartition(topic, lane), 0) for topic in SOURCE_TOPICS]
        return await fence(opener, lanes)

    async def as_known(_: OutputReader, ledgers: Mapping[int, Ledger]) -> dict[int, list[int]]:
        return {lane: known[lane] for lane in ledgers}

    put(Opener, "fence", read_first)
    put(OutputReader, "next_offsets", as_known)


def _transaction() -> None:
    """Records are written as they come, beside the transaction that carries the offsets: half of
    them are there when the rest is handed over."""
    plain = {k: v for k, v in values(PRODUCER).items() if "transaction" not in k}
    fence, hand_over, close = LaneProducer.fence, LaneProducer._hand_over, LaneProducer.close
    beside: dict[LaneProducer, AIOKafkaProducer] = {}

    async def start(producer: LaneProducer) -> None:
        await fence(producer)
        beside[producer] = AIOKafkaProducer(**producer._access.for_aiokafka(), **plain)
        await beside[producer].start()

    async def as_they_come(
        producer: LaneProducer, outputs: Sequence[Any], batches: list[Any]
    ) -> list[Sent]:
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

    put(LaneProducer, "fence", start)
    put(LaneProducer, "_hand_over", as_they_come)
    put(LaneProducer, "close", stop)


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
