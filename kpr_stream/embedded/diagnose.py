"""Find out why a part did not start, from the end of its logs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from kpr_stream.embedded.files import since_last_start
from kpr_stream.errors import DiskError, KprError, StackError

TAIL_BYTES = 64_000
"""How much of a log is read, from its end: only the last start matters."""

_CAUSE = re.compile(r"\b(ERROR|FATAL|PANIC|Exception|Caused by|Error:)")
_NO_SPACE = re.compile(r"No space left on device|Disk quota exceeded", re.IGNORECASE)
_NOT_ALLOWED = re.compile(r"Permission denied|AccessDenied|Read-only file system", re.IGNORECASE)
_TAKEN = re.compile(r"Address already in use", re.IGNORECASE)
_NO_MEMORY = re.compile(r"OutOfMemory|could not reserve|Cannot allocate memory", re.IGNORECASE)


def diagnose_start_failure(part: str, logs: Sequence[Path], data: Path) -> KprError:
    """Return the error for a part that ended while it should run: place, cause, what to do."""
    lines = [line for log in logs for line in _tail(log)]
    text = "\n".join(lines)
    causes = [line.strip() for line in lines if _CAUSE.search(line)]
    last = causes[-1][:400] if causes else (lines[-1].strip()[:400] if lines else "nothing")
    message = f"{part} ended; {logs[0]} says: {last}"
    if _NO_SPACE.search(text):
        return DiskError(message, what_to_do=f"Make room on the disk of {data}, then `up` again.")
    if _NOT_ALLOWED.search(text):
        return DiskError(message, what_to_do=f"Let this user write {data}, or set KPR_HOME.")
    if _TAKEN.search(text):
        return StackError(message, what_to_do="Stop the program on that port, then `up` again.")
    if _NO_MEMORY.search(text):
        return StackError(message, what_to_do="Free memory: the broker takes up to 1 GB.")
    return StackError(
        message,
        what_to_do=f"If the data folder {data} is damaged, restore it, or move it away and start "
        "with a new, empty one.",
    )


def _tail(log: Path) -> list[str]:
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - TAIL_BYTES))
            tail = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    # The line of the last start itself says when, and nothing about a cause.
    return since_last_start(tail).splitlines()
