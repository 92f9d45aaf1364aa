"""What a running stack tells of itself (``stack.json``), and whether one runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kpr_stream.embedded.files import read_json, write_json
from kpr_stream.embedded.layout import Layout


@dataclass(frozen=True, slots=True)
class StackState:
    """A running stack. ``addresses``: kafka host:port, postgres host:port/database, registry URL.

    ``external`` parts were given an address by a setting and are not ours. ``versions`` and
    ``pids`` are by part; ``started_at`` is ISO 8601 in UTC.
    """

    home: str
    addresses: Mapping[str, str]
    versions: Mapping[str, str]
    pids: Mapping[str, int]
    external: tuple[str, ...] = ()
    started_at: str = ""
    start_seconds: float = field(default=0.0)


def write_state(layout: Layout, state: StackState) -> None:
    """Tell everybody. The file holds no secret, but only its owner needs it."""
    write_json(layout.stack, asdict(state))


def running_state(layout: Layout) -> StackState | None:
    """What the living supervisor told; None if none lives or it has not told yet.

    A file that a killed supervisor left behind names another pid.
    """
    pid = supervisor_pid(layout)
    found: dict[str, Any] | None = read_json(layout.stack) if pid else None
    try:
        state = (
            StackState(**{**found, "external": tuple(found["external"])})
            if found is not None
            else None
        )
    except (TypeError, KeyError):
        return None
    return state if state is not None and state.pids.get("supervisor") == pid else None


def supervisor_pid(layout: Layout) -> int | None:
    """Pid of the living supervisor, else None. A lock cannot be left behind, unlike a pid."""
    import fcntl  # not there on Windows, where `status` still says that nothing runs

    try:
        with layout.lock.open("r", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                text = file.read().strip()
                return int(text) if text.isdigit() else 0
    except OSError:
        return None
    return None


def take_lock(path: Path) -> int | None:
    """Lock the file for the rest of this process's life and note our pid; None if it is taken."""
    import fcntl

    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor
