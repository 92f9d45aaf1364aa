"""A process that is started again whenever it ends, and the proxy on its way."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
import time
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from kpr_stream.embedded.children.process import spawn
from tests.faults.harness.proxy import Proxy
from tests.support.repository import ROOT

RESTART_S: Final = 0.5
"""An orchestrator's pause before it starts a dead process again."""
STOP_S: Final = 20.0


@dataclass(slots=True)
class Kept:
    """One process. ``wanted``: start it again when it ends."""

    instance: str
    command: tuple[str, ...]
    """What Python is given."""
    environment: Mapping[str, str]
    log: Path
    proxy: Proxy
    process: Process | None = None
    wanted: bool = True
    frozen: bool = False
    ended_at: float = 0.0
    ends: Counter[int] = field(default_factory=Counter)
    """Exit codes so far."""

    @property
    def alive(self) -> bool:
        """Whether its process runs (or is frozen)."""
        return self.process is not None and self.process.returncode is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if there is somebody to get it."""
        if self.process is not None and self.alive:
            with suppress(ProcessLookupError):
                self.process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL; it is started again."""
        self.signal(signal.SIGKILL)

    def freeze(self) -> None:
        """SIGSTOP."""
        self.frozen = True
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self.frozen = False
        self.signal(signal.SIGCONT)

    async def start(self) -> None:
        """Start it."""
        self.frozen, self.ended_at = False, 0.0
        said = [f"{name}={value}" for name, value in self.environment.items()]
        env = shutil.which("env")
        assert env is not None
        self.process = await spawn(
            (env, *said, sys.executable, *self.command),
            death_signal=signal.SIGKILL,
            log=self.log,
            cwd=ROOT,
        )

    async def look(self) -> None:
        """Note its end, and start it again after a pause."""
        if self.process is not None and not self.alive and self.ended_at == 0:
            self.ended_at = time.monotonic()
            self.ends[self.process.returncode or 0] += 1
            self.frozen = False
        due = time.monotonic() - self.ended_at > RESTART_S
        if self.wanted and not self.alive and self.ended_at and due:
            await self.start()

    async def stop(self) -> None:
        """Let it end in order; kill it if it does not."""
        self.wanted = False
        self.proxy.heal()
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        if self.process is not None:
            try:
                await asyncio.wait_for(self.process.wait(), STOP_S)
            except TimeoutError:
                pass
            finally:
                # Also where waiting is cancelled.
                self.kill()
            await self.process.wait()
        await self.proxy.stop()
