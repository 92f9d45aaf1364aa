"""Replace a file by one rename: readers see the old file or the whole new one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedRandom
from pathlib import Path

PRIVATE = 0o600
"""Only the account of this process reads the file."""


@contextmanager
def replaced(path: Path, mode: int = PRIVATE) -> Iterator[BufferedRandom]:
    """Yield a temporary file beside ``path``; move it to ``path`` if the block ends in order.

    OSError from the operating system, as it is. After any error the old file is unchanged and the
    temporary one is removed.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "w+b") as file:
            os.fchmod(descriptor, mode)
            yield file
            file.flush()
            os.fsync(descriptor)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
