"""End the processes that a test starts, however the test ends."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import AnyStr

import psutil


@contextmanager
def ending(process: subprocess.Popen[AnyStr]) -> Iterator[subprocess.Popen[AnyStr]]:
    """Kill a process at the end of the block unless it has ended.

    ``Popen`` as a context manager waits instead: a test that fails would hang.
    """
    with process:
        try:
            yield process
        finally:
            process.kill()


def kill_tree(pid: int) -> None:
    """Kill a process and all its children; it may have ended already."""
    with suppress(psutil.NoSuchProcess):
        whole = psutil.Process(pid)
        for one in (*whole.children(recursive=True), whole):
            with suppress(psutil.NoSuchProcess):
                one.kill()
