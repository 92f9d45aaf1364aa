"""A fenced producer must report the fence in whatever it does next.

Any other error would count as temporary, and the retry would fence the new owner.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiokafka import TopicPartition

from kpr_stream.errors import LaneFencedError
from kpr_stream.kafka.access import kafka_access
from kpr_stream.model.header import LedgerHeader
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.topics import UNIT, Role, delivery_topic
from kpr_stream.model.words import System
from kpr_stream.processor.adapters.output_reader import OutputReader
from kpr_stream.processor.adapters.producer import InFlight, LaneProducer
from tests.faults.harness.cluster import Stack
from tests.support.poll import HANGING_S

LANE = 0
OUTPUT = OutputRecord(UNIT, b"fence", b"value", LedgerHeader(source_topic=0, source_offset=0), 1)
OFFSETS = {TopicPartition(delivery_topic(System.VISMA_HSPRO), LANE): 0}
PAUSE_S = 0.02


@asynccontextmanager
async def begun(stack: Stack, *, produced: bool) -> AsyncIterator[LaneProducer]:
    """Give a producer with an open transaction that another owner has fenced."""
    access = kafka_access(stack.settings, Role.PROCESSOR)
    old, new = (
        LaneProducer(access, transactional_id="kpr-hst-fence-0", lane=LANE) for _ in range(2)
    )
    try:
        await old.fence()
        await old.begin()
        if produced:
            await old.await_deliveries(await old.produce([OUTPUT]))
        await new.fence()
        yield old
    finally:
        await old.close()
        await new.close()


async def produce_until_error(producer: LaneProducer) -> None:
    """Hand over records until one call raises: the first answer arrives during later calls."""
    sent: list[InFlight] = []
    try:
        while True:
            sent += await producer.produce([OUTPUT])
            await asyncio.sleep(PAUSE_S)
    finally:
        await asyncio.gather(*(one.future for one in sent), return_exceptions=True)


async def test_producing_after_a_fence(stack: Stack) -> None:
    async with begun(stack, produced=False) as old, asyncio.timeout(HANGING_S):
        with pytest.raises(LaneFencedError):
            await produce_until_error(old)


@pytest.mark.parametrize("produced", [False, True])
async def test_awaiting_deliveries_after_a_fence(stack: Stack, produced: bool) -> None:  # noqa: FBT001
    async with begun(stack, produced=produced) as old, asyncio.timeout(HANGING_S):
        sent = await old.produce([OUTPUT])
        with pytest.raises(LaneFencedError):
            await old.await_deliveries(sent)


@pytest.mark.parametrize("produced", [False, True])
async def test_adding_offsets_after_a_fence(stack: Stack, produced: bool) -> None:  # noqa: FBT001
    async with begun(stack, produced=produced) as old, asyncio.timeout(HANGING_S):
        with pytest.raises(LaneFencedError):
            await old.add_offsets(OFFSETS, "kpr-hst")


async def test_committing_after_a_fence(stack: Stack) -> None:
    async with begun(stack, produced=True) as old, asyncio.timeout(HANGING_S):
        with pytest.raises(LaneFencedError):
            await old.commit()


async def test_a_fence_leaves_no_error_that_nobody_asked_for(
    stack: Stack, caplog: pytest.LogCaptureFixture
) -> None:
    """The lane's own message tells of the fence; a library's traceback beside it would alarm."""
    with caplog.at_level(logging.ERROR, logger="asyncio"):
        async with begun(stack, produced=False) as old, asyncio.timeout(HANGING_S):
            sent = await old.produce([OUTPUT])
            with pytest.raises(LaneFencedError):
                await old.await_deliveries(sent)
        del old, sent
        gc.collect()
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


async def test_a_reading_that_is_cancelled_while_it_connects_leaves_nothing_open(
    stack: Stack,
) -> None:
    reader = OutputReader(kafka_access(stack.settings, Role.PROCESSOR), "kpr-hst")
    opening = asyncio.create_task(reader.__aenter__())
    await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    consumer = reader._reader._consumer
    assert consumer is not None
    assert consumer._closed
