"""Making folders, with an error that says why not."""

from __future__ import annotations

from pathlib import Path

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
