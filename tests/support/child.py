"""Start a process beside the test, and end it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.support.repository import ROOT

ENDING_S: Final = 20.0


class Child:
    """One process; its output goes to a file."""

    def __init__(self, command: Sequence[str | Path], log: Path, **environment: str) -> None:
        self._command, self.log, self._environment = command, log, environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, or start it again after its end."""
        if self._process is not None and self._process.poll() is None:
            return
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | self._environment,
            )

    def stop(self) -> None:
        """End it with SIGTERM; kill it if that takes too long."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def kill(self) -> None:
        """End it with SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@contextmanager
def running(command: Sequence[str | Path], log: Path, **environment: str) -> Iterator[Child]:
    """Run a process for the length of the block."""
    child = Child(command, log, **environment)
    child.start()
    try:
        yield child
    finally:
        child.stop()
