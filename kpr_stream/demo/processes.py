"""Start the demo's commands as processes of their own, and restart those that die."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kpr_stream.errors import StackError
from kpr_stream.settings import Settings

STOP_S: Final = 15.0
"""A worker closes its lanes in 5 s. One that takes longer is killed, which must lose nothing."""
MAX_RESTARTS: Final = 20
"""A process that keeps dying has a cause that another start does not fix."""
LOG_LINES: Final = 5
"""How much of the log's end an error quotes."""


@dataclass(slots=True)
class DemoProcess:
    """One ``kpr-stream`` command in a process; its log and output go to files."""

    name: str
    arguments: Sequence[str]
    settings: Settings
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    keep_alive: bool = False
    restarts: int = 0
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process; its log is appended to, its output is replaced."""
        environment = os.environ | {"KPR_HOME": str(self.settings.home.absolute())}
        with self.log.open("ab") as log, self._output.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603 - the project's own command
                [sys.executable, "-m", "kpr_stream", *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=log,
                env=environment | self.environment,
            )

    def ended(self) -> bool:
        """Return whether the process has ended; with ``keep_alive``, restart it instead."""
        if self._running.poll() is None:
            return False
        if not self.keep_alive:
            return True
        if self.restarts >= MAX_RESTARTS:
            raise self._failed("keeps dying")
        self.restarts += 1
        self.start()
        return False

    def result(self) -> dict[str, Any]:
        """Return the JSON object that the command printed.

        StackError quotes the end of the log if the command failed.
        """
        if self._running.returncode != 0:
            raise self._failed(f"ended with code {self._running.returncode}")
        found = json.loads(self._output.read_text("utf-8"))
        return found if isinstance(found, dict) else {}

    def wait(self) -> None:
        """Wait until the process ends by itself."""
        self._running.wait()

    def stop(self) -> None:
        """Send SIGTERM, and SIGKILL if the process has not ended after STOP_S."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def pid(self) -> int:
        """The id of the process that runs now."""
        return self._running.pid

    @property
    def _output(self) -> Path:
        return self.log.with_suffix(".json")

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise self._failed("was not started")
        return self._process

    def _failed(self, how: str) -> StackError:
        lines = self.log.read_text("utf-8", errors="replace").strip().splitlines()
        end = " / ".join(line.strip() for line in lines[-LOG_LINES:])
        return StackError(
            f"The process {self.name} {how}. Its log ends: {end}",
            what_to_do=f"See {self.log}.",
        )
