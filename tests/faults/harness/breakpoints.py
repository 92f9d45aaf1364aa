"""Orders to a worker under test: what it is to do when it comes to a place, once.

The harness puts a file into the folder of orders; the worker takes it away when it comes to the
place, notes the hit, and only then does it. Both sides use this module.
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
"""A stalled worker goes on by itself then: no run hangs because its harness died."""
HOLD_S: Final = 120
"""Far longer than anybody would wait for it."""


class Action(StrEnum):
    """What a worker does at the place."""

    PASS = "pass"
    """Nothing: that it came there, and when, is all that is asked."""
    KILL = "kill"
    STOP = "stop"
    """SIGSTOP: no thread goes on, no heartbeat; until the harness sends SIGCONT."""
    STALL = "stall"
    """Only this lane waits, heartbeats go on; until the file ``go-<instance>`` is there."""
    FULL = "full"
    """Its disk is full from here on, also after a restart; until the harness frees it."""
    HANG = "hang"
    """The event loop waits and never comes back; other threads, heartbeats among them, go on."""
    HOLD = "hold"
    """The process sleeps in C and keeps the interpreter's lock: no thread of Python goes on."""


@dataclass(frozen=True, slots=True)
class Order:
    """``place``: a commit step ("1" to "8"), "before-fence", "after-fence" or "caught-up"."""

    place: str
    action: Action
    lane: int | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """An order that was carried out."""

    instance: str
    pid: int
    place: str
    action: Action
    lane: int
    at: float


class Orders:
    """The folder of orders."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._hits = folder / "hits.jsonl"

    def give(self, instance: str, order: Order) -> None:
        """Give a worker an order; one that it has not carried out is replaced."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.let_go(instance, go=False)
        fresh = self.folder / f"{instance}.new"
        fresh.write_text(json.dumps(asdict(order)), "utf-8")
        fresh.rename(self._file(instance))

    def withdraw(self, instance: str) -> bool:
        """Take an order back; False if it was carried out already, or there was none."""
        try:
            self._file(instance).unlink()
        except FileNotFoundError:
            return False
        return True

    def let_go(self, instance: str, *, go: bool = True) -> None:
        """Let a stalled worker go on."""
        if go:
            self._go(instance).touch()
        else:
            self._go(instance).unlink(missing_ok=True)

    def free(self, instance: str) -> None:
        """The worker's disk has room again. A process that met the full one stays without."""
        self._full(instance).unlink(missing_ok=True)

    def find_disk_full(self, instance: str) -> None:
        """In the worker, at its start: the disk is as full as it was left."""
        if self._full(instance).exists():
            _fill_disk()

    def hits(self) -> list[Hit]:
        """Every order carried out so far, in order."""
        try:
            lines = self._hits.read_text("utf-8").splitlines()
        except FileNotFoundError:
            return []
        found = [json.loads(line) for line in lines]
        return [Hit(**{**one, "action": Action(one["action"])}) for one in found]

    async def obey(self, instance: str, lane: int, place: str) -> None:
        """In the worker: carry out the order for this place, if there is one."""
        order = self._take(instance, lane, place)
        if order is None:
            return
        hit = Hit(instance, os.getpid(), place, order.action, lane, time.time())
        with self._hits.open("a", encoding="utf-8") as hits:
            hits.write(json.dumps(asdict(hit)) + "\n")
        if order.action is Action.PASS:
            return
        if order.action is Action.FULL:
            self._full(instance).touch()
            _fill_disk()
        elif order.action is Action.STALL:
            limit = time.monotonic() + STALL_MOST_S
            while not self._go(instance).exists() and time.monotonic() < limit:
                await asyncio.sleep(STALL_POLL_S)
        elif order.action is Action.HANG:
            time.sleep(HOLD_S)  # noqa: ASYNC251 - that is the fault
        elif order.action is Action.HOLD:
            ctypes.PyDLL(None).sleep(HOLD_S)
        else:
            stop = order.action is Action.STOP
            os.kill(os.getpid(), signal.SIGSTOP if stop else signal.SIGKILL)

    def _take(self, instance: str, lane: int, place: str) -> Order | None:
        file = self._file(instance)
        try:
            said = json.loads(file.read_text("utf-8"))
        except FileNotFoundError:
            return None
        order = Order(said["place"], Action(said["action"]), said["lane"])
        if order.place != place or order.lane not in {None, lane}:
            return None
        file.unlink(missing_ok=True)
        return order

    def _file(self, instance: str) -> Path:
        return self.folder / f"{instance}.order"

    def _go(self, instance: str) -> Path:
        return self.folder / f"go-{instance}"

    def _full(self, instance: str) -> Path:
        return self.folder / f"full-{instance}"


def _fill_disk() -> None:
    """No file of this process may grow any more: the same to it as a full disk, without one."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
