"""Run ``kpr-stream connect`` as a process, against a small receiver (``receiver.py``)."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kpr_stream.model.words import System
from kpr_stream.settings import Settings
from tests.integration.receiver import SmallReceiver
from tests.support.poll import HANGING_S


@dataclass(frozen=True)
class World:
    folder: Path
    expected: dict[str, Any]


@dataclass(frozen=True)
class Ended:
    exit_code: int
    told: dict[str, Any]
    messages: str


ONE = System.EG_INFODOC
"""The system of most tests."""
STARTED: list[asyncio.subprocess.Process] = []
"""Connectors of the running test."""


async def end_all() -> None:
    """End every connector that was started."""
    while STARTED:
        process = STARTED.pop()
        if process.returncode is None:
            process.kill()
            await process.wait()


class Command:
    """``kpr-stream connect`` as its own process, with its own outbox."""

    def __init__(
        self,
        stack: Settings,
        folder: Path,
        outbox: Path,
        system: System = ONE,
        command: str = "send",
    ) -> None:
        self.arguments = ["connect", command, str(folder), "--system", system, "--json"]
        self.environment = os.environ | {
            "KPR_HOME": str(stack.home),
            "KPR_OUTBOX_DIR": str(outbox),
        }

    async def start(self, *more: str, **environment: str) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from kpr_stream.cli import main; main()"),
            *self.arguments,
            *more,
            env=self.environment | environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        STARTED.append(process)
        return process

    async def run(self, *more: str, **environment: str) -> Ended:
        return await ended(await self.start(*more, **environment))


async def ended(process: asyncio.subprocess.Process) -> Ended:
    async with asyncio.timeout(HANGING_S):
        out, err = await process.communicate()
    return Ended(process.returncode or 0, json.loads(out) if out else {}, err.decode())


@asynccontextmanager
async def receiving(stack: Settings, system: System = ONE) -> AsyncIterator[SmallReceiver]:
    receiver = SmallReceiver(stack, system)
    task = asyncio.create_task(receiver.run())
    try:
        async with asyncio.timeout(HANGING_S):
            await receiver.started.wait()
        yield receiver
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(HANGING_S):
        while not condition():  # noqa: ASYNC110 - what is waited for is another process
            await asyncio.sleep(0.01)
