"""Run a process that is restarted whenever it ends, and that connects through a proxy."""

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
"""An orchestrator's pause before it restarts a dead process."""
STOP_S: Final = 20.0


@dataclass(slots=True, kw_only=True)
class RestartingProcess:
    """One process. ``wanted``: restart it when it ends."""

    instance: str
    command: tuple[str, ...]
    """The arguments of Python."""
    environment: Mapping[str, str]
    log: Path
    proxy: Proxy
    process: Process | None = None
    wanted: bool = True
    frozen: bool = False
    ended_at: float = 0.0
    exit_codes: Counter[int] = field(default_factory=Counter)
    """How often the process has ended with each exit code."""

    @property
    def alive(self) -> bool:
        """Return whether the process runs or is frozen."""
        return self.process is not None and self.process.returncode is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal if the process is alive."""
        if self.process is not None and self.alive:
            with suppress(ProcessLookupError):
                self.process.send_signal(number)

    def kill(self) -> None:
        """Kill the process with SIGKILL. It is restarted."""
        self.signal(signal.SIGKILL)

    def freeze(self) -> None:
        """Freeze the process with SIGSTOP."""
        self.frozen = True
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen process resume with SIGCONT."""
        self.frozen = False
        self.signal(signal.SIGCONT)

    async def start(self) -> None:
        """Start the process."""
        self.frozen, self.ended_at = False, 0.0
        variables = [f"{name}={value}" for name, value in self.environment.items()]
        env = shutil.which("env")
        assert env is not None
        self.process = await spawn(
            (env, *variables, sys.executable, *self.command),
            death_signal=signal.SIGKILL,
            log=self.log,
            cwd=ROOT,
        )

    async def restart_if_ended(self) -> None:
        """Record the process's end, and restart it after a pause."""
        if self.process is not None and not self.alive and self.ended_at == 0:
            self.ended_at = time.monotonic()
            self.exit_codes[self.process.returncode or 0] += 1
            self.frozen = False
        due = time.monotonic() - self.ended_at > RESTART_S
        if self.wanted and not self.alive and self.ended_at and due:
            await self.start()

    async def stop(self) -> None:
        """Stop the process with SIGTERM, and kill it if it does not end in time."""
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
                # Kill also if waiting is cancelled.
                self.kill()
            await self.process.wait()
        await self.proxy.stop()
