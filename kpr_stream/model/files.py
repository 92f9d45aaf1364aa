"""Read files that people name: regular files only, and no larger than a limit.

Opening a named pipe waits until somebody writes to it, which may be never. A device may have no
end. Both are refused before they are opened.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import IO, Final

_KINDS: Final = (
    (stat.S_ISDIR, "Is a directory (a folder), not a file"),
    (stat.S_ISFIFO, "it is a named pipe, not a file"),
    (stat.S_ISSOCK, "it is a socket, not a file"),
    (stat.S_ISCHR, "it is a device, not a file"),
    (stat.S_ISBLK, "it is a device, not a file"),
)
_NO_WAIT: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def read_regular_file(path: Path, *, most_bytes: int | None = None) -> bytes:
    """Return the bytes of a regular file, or of one that a link leads to.

    OSError otherwise. Its ``strerror`` is a reason for people, also for a path that no system
    accepts, for another kind of file and for more than ``most_bytes`` bytes.
    """
    with open_regular_file(path) as file:
        size = os.fstat(file.fileno()).st_size
        if most_bytes is not None and size > most_bytes:
            raise OSError(errno.EFBIG, f"it has {size} bytes; the limit is {most_bytes}")
        return file.read()


def open_regular_file(path: Path) -> IO[bytes]:
    """Open a regular file, or one that a link leads to, to read it piece by piece.

    OSError otherwise, with a ``strerror`` for people.
    """
    try:
        _require_regular(path.stat().st_mode)
        # Opened without waiting: the path may have become a pipe since.
        descriptor = os.open(path, _NO_WAIT)
    except ValueError:
        raise OSError(errno.EINVAL, "its name holds a zero byte") from None
    file = os.fdopen(descriptor, "rb")
    try:
        _require_regular(os.fstat(descriptor).st_mode)
    except OSError:
        file.close()
        raise
    return file


def read_regular_text(path: Path) -> str:
    """Return the same as text in UTF-8; ValueError if it is not."""
    return read_regular_file(path).decode("utf-8")


def _require_regular(mode: int) -> None:
    if not stat.S_ISREG(mode):
        reasons = (reason for is_kind, reason in _KINDS if is_kind(mode))
        raise OSError(errno.EINVAL, next(reasons, "it is not a file"))
