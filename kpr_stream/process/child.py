"""Run a command that cannot outlive its parent: a script, and the words that start it.

``python child.py SIGNAL PARENT_PID COMMAND...``. On Linux this process becomes the command, and
the kernel sends SIGNAL when the parent dies for any reason (PR_SET_PDEATHSIG). Elsewhere this
process stays, watches the parent and passes signals on.
The script runs without site-packages, so it imports the standard library only.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

PR_SET_PDEATHSIG = 1
WATCH_S = 0.25
"""How long a command may outlive its parent where the kernel sends no signal."""


def tied(command: Sequence[str | Path], death_signal: signal.Signals) -> tuple[str, ...]:
    """Return the words that run a command as a child of this process, tied to it by the signal."""
    return (
        sys.executable,
        "-I",
        "-S",
        str(Path(__file__)),
        str(int(death_signal)),
        str(os.getpid()),
        *map(str, command),
    )


def exec_tied(command: Sequence[str], death_signal: int, parent: int) -> None:
    """Replace this process by the command, tied to the parent. Linux only; does not return."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:  # the parent died before prctl took effect
        raise SystemExit(1)
    os.execv(command[0], list(command))  # noqa: S606 - the command is the caller's own


def watch(command: Sequence[str], death_signal: int, parent: int) -> int:
    """Run the command, signal it once the parent is gone, and return its exit code."""
    with subprocess.Popen(list(command)) as process:

        def pass_on(number: int, _frame: FrameType | None) -> None:
            process.send_signal(number)

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, pass_on)
        while process.poll() is None:
            if os.getppid() != parent:
                process.send_signal(death_signal)
                break
            time.sleep(WATCH_S)
        return process.wait()


if __name__ == "__main__":
    _death_signal, _parent = int(sys.argv[1]), int(sys.argv[2])
    if sys.platform == "linux":
        exec_tied(sys.argv[3:], _death_signal, _parent)
    sys.exit(watch(sys.argv[3:], _death_signal, _parent))
