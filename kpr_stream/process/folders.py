"""Make folders, measure and require free space in them, with errors that name the cause."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

from kpr_stream.errors import DiskError


def make_folder(path: Path) -> None:
    """Make a folder and its parents, unless it exists. DiskError names it."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise DiskError(
            f"The folder {path} cannot be made: {cause.strerror or type(cause).__name__}.",
            what_to_do="Free space, allow this user to write there, or set another folder (KPR_…).",
        ) from None


class DiskSpace(NamedTuple):
    """Bytes of a file system; NaN where the system does not say."""

    free: float
    size: float


def disk_space(path: Path) -> DiskSpace:
    """Return the space of a folder's file system; of the nearest parent if it does not exist."""
    path = path.absolute()
    for folder in (path, *path.parents):
        try:
            usage = shutil.disk_usage(folder)
        except FileNotFoundError:
            continue
        except OSError:
            break
        return DiskSpace(usage.free, usage.total)
    return DiskSpace(math.nan, math.nan)


def require_free_space(path: Path, free_bytes: int, *, what_for: str) -> None:
    """Raise DiskError unless a folder has ``free_bytes`` left and accepts a file.

    ``what_for`` is the subject of the error's sentence: "a worker", "the stack".
    """
    left = shutil.disk_usage(path).free
    if left < free_bytes:
        raise DiskError(
            f"The disk of {path} has {left // 1_000_000} MB left; "
            f"{what_for} needs {free_bytes // 1_000_000} MB to start.",
            what_to_do="Free space, or set another folder (KPR_…).",
        )
    # Also written to: a quota or a read-only mount does not show in the free space.
    try:
        with TemporaryFile(dir=path) as probe:
            probe.write(b"room")
            probe.flush()
    except OSError as cause:
        raise DiskError(
            f"No file can be written in {path}: {cause.strerror or type(cause).__name__}.",
            what_to_do="Free space, allow this user to write there, or set another folder (KPR_…).",
        ) from None
