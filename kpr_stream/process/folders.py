"""Making folders and asking whether there is room in them, with an error that says why not."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryFile

from kpr_stream.errors import DiskError


def make_folder(path: Path) -> None:
    """Make a folder with all above it, or leave it if it is there; DiskError names it."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise DiskError(
            f"The folder {path} cannot be made: {cause.strerror or type(cause).__name__}.",
            what_to_do="Make room, give the right to write there, or set another folder (KPR_…).",
        ) from None


def require_free_space(path: Path, free_bytes: int, *, what_for: str) -> None:
    """DiskError unless a folder's disk has so many bytes left and takes a file of ours."""
    left = shutil.disk_usage(path).free
    if left < free_bytes:
        raise DiskError(
            f"The disk of {path} has {left // 1_000_000} MB left; "
            f"{what_for} needs {free_bytes // 1_000_000} MB to start.",
            what_to_do="Make room, or set another folder (KPR_…).",
        )
    try:
        with TemporaryFile(dir=path) as probe:
            probe.write(b"room")
            probe.flush()
    except OSError as cause:
        raise DiskError(
            f"The folder {path} takes no file: {cause.strerror or type(cause).__name__}.",
            what_to_do="Make room, give the right to write there, or set another folder (KPR_…).",
        ) from None
