"""Wait until a child process is ready, never longer than it lives."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable

from kpr_stream.embedded.ports import LOOPBACK
from kpr_stream.errors import StackError

POLL_S = 0.03
"""Time between two checks: short beside a start of seconds, long beside the cost of a check."""


async def wait_until_ready(
    process: Process, ready: Callable[[], Awaitable[bool]], limit_s: float
) -> bool:
    """Wait for ``ready``. False if the process ended first; StackError after the limit."""
    try:
        async with asyncio.timeout(limit_s):
            while process.returncode is None:
                if await ready():
                    return True
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        raise StackError(
            f"Process {process.pid} was not ready within {limit_s:.0f} s.",
            what_to_do="Look at its log in the stack's log folder; a slow disk may need longer.",
        ) from None
    return False


async def wait_until_listening(process: Process, port: int, limit_s: float) -> bool:
    """Wait until the process accepts connections on a loopback port. False if it ended first."""

    async def listening() -> bool:
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, port)
        except OSError:
            return False
        writer.close()
        return True

    return await wait_until_ready(process, listening, limit_s)
