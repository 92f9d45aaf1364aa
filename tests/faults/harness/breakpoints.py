"""Set breakpoints in a worker under test: what happens when it reaches a place, once.

The harness writes a file into the folder of breakpoints. When the worker reaches the place, it
deletes the file, records the hit, and then carries out the action. Both sides use this module.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import resource
import signal
import time
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

STALL_POLL_S: Final = 0.02
STALL_MOST_S: Final = 120.0
"""A stalled worker then resumes by itself, so that it does not hang if its harness has died."""
HOLD_S: Final = 120
"""Far longer than any test waits."""


class Action(StrEnum):
    """What a worker does when it reaches the place."""

    PASS = "pass"
    """Nothing: only the hit and its time are recorded."""
    KILL = "kill"
    STOP = "stop"
    """SIGSTOP: every thread stops, also heartbeats, until the harness sends SIGCONT."""
    STALL = "stall"
    """This lane waits and heartbeats continue, until the file ``go-<instance>`` exists."""
    FULL = "full"
    """The worker's disk is full from now on, also after a restart, until the harness frees it."""
    HANG = "hang"
    """The event loop blocks and never resumes; other threads, such as heartbeats, continue."""
    HOLD = "hold"
    """The process sleeps in C and keeps the interpreter's lock, so no Python thread runs."""


@dataclass(frozen=True, slots=True)
class Breakpoint:
    """``place``: a commit step ("1" to "8"), "before-fence", "after-fence" or "caught-up"."""

    place: str
    action: Action
    lane: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A breakpoint that a worker has reached."""

    instance: str
    pid: int
    place: str
    action: Action
    lane: int
    at: float


class Breakpoints:
    """The folder of breakpoints."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._hits = folder / "hits.jsonl"

    def set(self, instance: str, wanted: Breakpoint) -> None:
        """Set a worker's breakpoint, in place of one that it has not reached."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._go(instance).unlink(missing_ok=True)
        fresh = self.folder / f"{instance}.new"
        fresh.write_text(json.dumps(asdict(wanted)), "utf-8")
        fresh.rename(self._file(instance))

    def clear(self, instance: str) -> bool:
        """Remove a worker's breakpoint. False if it was reached already, or none was set."""
        try:
            self._file(instance).unlink()
        except FileNotFoundError:
            return False
        return True

    def release(self, instance: str) -> None:
        """Let a stalled worker resume."""
        self._go(instance).touch()

    def free_disk(self, instance: str) -> None:
        """Give the worker's disk room again, from its next process on."""
        self._full(instance).unlink(missing_ok=True)

    def restore_full_disk(self, instance: str) -> None:
        """Fill the disk again if the worker's last process left it full. Called in the worker."""
        if self._full(instance).exists():
            _fill_disk()

    def hits(self) -> list[Hit]:
        """Return every breakpoint reached so far, in order."""
        try:
            lines = self._hits.read_text("utf-8").splitlines()
        except FileNotFoundError:
            return []
        found = [json.loads(line) for line in lines]
        return [Hit(**{**one, "action": Action(one["action"])}) for one in found]

    async def reach(self, instance: str, lane: int, place: str) -> None:
        """Carry out the breakpoint of this place, if one is set. Called in the worker."""
        reached = self._take(instance, lane, place)
        if reached is None:
            return
        action = reached.action
        hit = Hit(
            instance=instance,
            pid=os.getpid(),
            place=place,
            action=action,
            lane=lane,
            at=time.time(),
        )
        with self._hits.open("a", encoding="utf-8") as hits:
            hits.write(json.dumps(asdict(hit)) + "\n")
        if action is Action.PASS:
            return
        if action is Action.FULL:
            self._full(instance).touch()
            _fill_disk()
        elif action is Action.STALL:
            limit = time.monotonic() + STALL_MOST_S
            while not self._go(instance).exists() and time.monotonic() < limit:
                await asyncio.sleep(STALL_POLL_S)
        elif action is Action.HANG:
            time.sleep(HOLD_S)  # noqa: ASYNC251 - blocking the event loop is the fault
        elif action is Action.HOLD:
            ctypes.PyDLL(None).sleep(HOLD_S)
        else:
            stop = action is Action.STOP
            os.kill(os.getpid(), signal.SIGSTOP if stop else signal.SIGKILL)

    def _take(self, instance: str, lane: int, place: str) -> Breakpoint | None:
        file = self._file(instance)
        try:
            raw = json.loads(file.read_text("utf-8"))
        except FileNotFoundError:
            return None
        found = Breakpoint(raw["place"], Action(raw["action"]), raw["lane"])
        if found.place != place or found.lane not in {None, lane}:
            return None
        file.unlink(missing_ok=True)
        return found

    def _file(self, instance: str) -> Path:
        return self.folder / f"{instance}.breakpoint"

    def _go(self, instance: str) -> Path:
        return self.folder / f"go-{instance}"

    def _full(self, instance: str) -> Path:
        return self.folder / f"full-{instance}"


def _fill_disk() -> None:
    """Forbid this process to grow any file, which looks to it like a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
