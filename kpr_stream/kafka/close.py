"""Close a consumer or a producer, also while its broker is away."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

CLOSE_S: Final = 2.0
"""How long a producer may take to send what waits. aiokafka tries again without end, so a command
would hang after it has reported that Kafka does not answer."""


class _Client(Protocol):
    async def close(self) -> None: ...


class Consumer(Protocol):
    """aiokafka's consumer."""

    _client: _Client

    async def stop(self) -> None: ...


class Producer(Protocol):
    """aiokafka's producer."""

    client: _Client

    async def stop(self) -> None: ...


async def close_producer(producer: Producer) -> None:
    """Send what waits and close the connection; what is not sent in time is abandoned."""
    try:
        await asyncio.wait_for(producer.stop(), CLOSE_S)
    except TimeoutError:
        await producer.client.close()


async def close_consumer(consumer: Consumer) -> None:
    """Run ``consumer.stop()`` to its end.

    aiokafka cancels a failed fetch that waits to be retried, and lets that cancellation reach the
    caller of ``stop``. A caller that closes while the broker is away would look cancelled, and the
    connection would stay open.
    """
    try:
        await consumer.stop()
    except asyncio.CancelledError:
        await consumer._client.close()  # noqa: SLF001 - ``stop`` did not get this far
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
