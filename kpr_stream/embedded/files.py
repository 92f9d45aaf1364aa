"""Write the stack's files, whole or not at all, with their access mode from the start."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from kpr_stream.errors import DiskError
from kpr_stream.model.utc_time import utc_time
from kpr_stream.process.replace_file import PRIVATE, replaced

READABLE = 0o644
KEPT_LOG_BYTES: Final = 10_000_000
"""As much as the broker's own log has before it is rolled."""
LOG_START: Final = "--- started at "
"""Begins the line that separates the starts in a log."""


def write_text(path: Path, text: str, mode: int = PRIVATE) -> None:
    """Replace a file by one rename. DiskError names the path and the cause."""
    try:
        with replaced(path, mode) as file:
            file.write(text.encode())
    except OSError as cause:
        raise cannot_write(path, cause) from None


def write_json(path: Path, value: Any, mode: int = PRIVATE) -> None:  # noqa: ANN401 - any JSON
    """Replace a JSON file by one rename."""
    write_text(path, json.dumps(value, indent=2) + "\n", mode)


def read_json(path: Path) -> dict[str, Any] | None:
    """Read a JSON object; None if the file is missing or holds anything else."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def continue_log(path: Path) -> None:
    """Begin the part of a log that one start writes: what earlier starts wrote is kept.

    A log beyond KEPT_LOG_BYTES is moved to ``.1`` first, in place of the one moved before.
    """
    try:
        if path.exists() and path.stat().st_size > KEPT_LOG_BYTES:
            path.replace(path.with_name(f"{path.name}.1"))
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as log:
            log.write(f"{LOG_START}{utc_time(datetime.now(UTC))}\n")
    except OSError as cause:
        raise cannot_write(path, cause) from None


def since_last_start(text: str) -> str:
    """Return what a log holds of its last start."""
    return text.rpartition(LOG_START)[2]


def make_folder(path: Path) -> None:
    """Create a folder that only its owner may enter, unless it exists."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as cause:
        raise cannot_write(path, cause) from None


def cannot_write(path: Path, cause: OSError) -> DiskError:
    """Return the error for a path that the operating system refused to write."""
    return DiskError(
        f"{path} cannot be written: {cause.strerror or type(cause).__name__}.",
        what_to_do="Make room, or set KPR_HOME to a folder that this user may write.",
    )
