"""Run as a script: starts a command that cannot outlive the process that asked for it.

``python child.py SIGNAL PARENT_PID COMMAND...``. On Linux the kernel sends SIGNAL the moment
the parent dies, however it dies (PR_SET_PDEATHSIG), and this process becomes the command.
Elsewhere this process stays, watches its parent and passes signals on.
Only the standard library's light half is imported: it runs without site-packages.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from types import FrameType

PR_SET_PDEATHSIG = 1
WATCH_S = 0.25
"""How long a command may outlive its parent where the kernel does not tell."""


def become(command: Sequence[str], death_signal: int, parent: int) -> None:
    """Linux: tie our life to the parent's, then be the command. Does not return."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:  # it died before we asked to be told
        raise SystemExit(1)
    os.execv(command[0], list(command))  # noqa: S606 - the command is the caller's own


def watch(command: Sequence[str], death_signal: int, parent: int) -> int:
    """Elsewhere: run the command, signal it when the parent is gone; its exit code."""
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
        become(sys.argv[3:], _death_signal, _parent)
    sys.exit(watch(sys.argv[3:], _death_signal, _parent))
