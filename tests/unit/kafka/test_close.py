"""Closing a consumer whose broker is away."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import Fetcher

from kpr_stream.kafka.close import close_consumer
from tests.support.no_broker import NO_BROKER


async def _waits_to_be_tried_again() -> None:
    await asyncio.Event().wait()


@pytest.fixture
async def consumer() -> AIOKafkaConsumer:
    """With a fetch that has failed, as aiokafka keeps it while the broker is away."""
    consumer = AIOKafkaConsumer(**NO_BROKER.for_aiokafka())
    failed = asyncio.create_task(_waits_to_be_tried_again())
    routine = asyncio.create_task(_waits_to_be_tried_again())
    await asyncio.sleep(0)
    fetcher = SimpleNamespace(_fetch_task=routine, _fetch_waiters=(), _pending_tasks={failed})
    consumer._fetcher = SimpleNamespace(close=lambda: Fetcher.close(cast("Any", fetcher)))
    consumer.closed = []
    close = consumer._client.close

    async def noted() -> None:
        consumer.closed.append(None)
        await close()

    consumer._client.close = noted
    return consumer


async def test_aiokafka_passes_its_own_cancellation_on(consumer: AIOKafkaConsumer) -> None:
    with pytest.raises(asyncio.CancelledError):
        await consumer.stop()
    assert consumer.closed == []
    await consumer._client.close()


async def test_who_closes_is_not_taken_for_cancelled_and_the_connection_is_closed(
    consumer: AIOKafkaConsumer,
) -> None:
    await close_consumer(consumer)
    assert consumer.closed == [None]


async def test_who_is_cancelled_stays_so(consumer: AIOKafkaConsumer) -> None:
    never = asyncio.Event()

    async def serves() -> None:
        try:
            await never.wait()
        finally:
            await close_consumer(consumer)

    serving = asyncio.create_task(serves())
    await asyncio.sleep(0)
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    assert consumer.closed == [None]
