"""Read and write the state of a running stack (``stack.json``), and find out if one runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from kpr_stream.embedded.files import read_json, write_json
from kpr_stream.embedded.layout import Layout


@dataclass(frozen=True, slots=True, kw_only=True)
class StackState:
    """A running stack. ``addresses``: kafka host:port, postgres host:port/database, registry URL.

    ``external`` names the parts whose address comes from a setting: they are not ours.
    ``versions`` and ``pids`` are by part; ``started_at`` is ISO 8601 in UTC.
    """

    home: str
    addresses: Mapping[str, str]
    versions: Mapping[str, str]
    pids: Mapping[str, int]
    external: tuple[str, ...] = ()
    started_at: str = ""
    start_seconds: float = field(default=0.0)

    def port(self, part: str) -> int:
        """Return the port of a part whose address has one: kafka or postgres."""
        return int(self.addresses[part].partition("/")[0].rpartition(":")[2])


def write_state(layout: Layout, state: StackState) -> None:
    """Write the state file. It holds no secret, but only its owner needs it."""
    write_json(layout.stack, asdict(state))


def running_state(layout: Layout) -> StackState | None:
    """Return the running supervisor's state; None if it is not running or not ready.

    A file left behind by a killed supervisor names another pid and is ignored.
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
    """Return the running supervisor's pid, else None. A lock, unlike a pid, cannot be stale."""
    import fcntl  # missing on Windows, where `status` still reports that nothing runs

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
