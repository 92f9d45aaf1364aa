"""Lock a file for as long as this process lives, or for the length of a block."""

from __future__ import annotations

import fcntl  # missing on Windows, where neither the stack nor a worker runs
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def take_lock(path: Path) -> int | None:
    """Lock the file until this process ends and write our pid there; None if it is locked.

    A lock, unlike a pid, cannot be stale. Returns the descriptor that holds it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Let one process at a time run the block; others wait. OSError as it is."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
