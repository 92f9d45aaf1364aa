"""Closing a consumer, also while its broker is away."""

from __future__ import annotations

import asyncio
from typing import Protocol


class _Client(Protocol):
    async def close(self) -> None: ...


class Consumer(Protocol):
    """aiokafka's consumer."""

    _client: _Client

    async def stop(self) -> None: ...


async def close_consumer(consumer: Consumer) -> None:
    """``consumer.stop()`` to its end.

    aiokafka cancels a fetch that failed and waits to be tried again, and passes the cancellation on
    to whoever closes: who closes while the broker is away would be taken for cancelled, and the
    connection would stay.
    """
    try:
        await consumer.stop()
    except asyncio.CancelledError:
        await consumer._client.close()  # noqa: SLF001 - what ``stop`` has left out
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
