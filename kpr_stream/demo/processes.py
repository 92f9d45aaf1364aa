"""The processes of the demo: each as in production its own, watched, started again if it dies."""

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
"""A worker closes its lanes in 5 s; one that does not is killed, which must lose nothing."""
MAX_RESTARTS: Final = 20
"""A process that keeps dying has a cause that another start does not mend."""
TOLD_LINES: Final = 5


@dataclass(slots=True)
class Child:
    """One command of ours in a process of its own, with its log and its output in files."""

    name: str
    arguments: Sequence[str]
    settings: Settings
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    keep_alive: bool = False
    restarts: int = 0
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, appending to its log."""
        environment = os.environ | {"KPR_HOME": str(self.settings.home.absolute())}
        with self.log.open("ab") as log, self._output.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-m", "kpr_stream", *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=log,
                env=environment | self.environment,
            )

    def ended(self) -> bool:
        """Whether it has ended; one that is to be kept alive is started again instead."""
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
        """The JSON object it printed; StackError with the end of its log if it failed."""
        if self._running.returncode != 0:
            raise self._failed(f"ended with code {self._running.returncode}")
        found = json.loads(self._output.read_text("utf-8"))
        return found if isinstance(found, dict) else {}

    def wait(self) -> None:
        """Until it ends by itself."""
        self._running.wait()

    def stop(self) -> None:
        """SIGTERM, and SIGKILL if that is not enough."""
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
        """Of the process as it runs now."""
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
        told = " / ".join(line.strip() for line in lines[-TOLD_LINES:])
        return StackError(
            f"The process {self.name} {how}. Its log ends: {told}",
            what_to_do=f"See {self.log}.",
        )
