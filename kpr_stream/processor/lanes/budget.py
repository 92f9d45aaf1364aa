"""Share the waiting bytes, and the turns for heavy batches, among all lanes of a worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

QUEUE_BYTES: Final = 8_000_000
"""Bytes that may wait in the lanes of one worker. A topic of a lane that has more than its share is
paused, and no other. Records fetched already still come, and one record may always wait."""
HEAVY_BATCHES: Final = 2
"""Heavy batches at a time: one computes while the other waits for the broker. A live delivery waits
for all heavy batches in flight."""


class Budget:
    """The budget of one opening of lanes; a new opening makes a new one. Runs on one event loop."""

    def __init__(self, total_bytes: int = QUEUE_BYTES, heavy_batches: int = HEAVY_BATCHES) -> None:
        self._total_bytes = total_bytes
        self._heavy_batches = heavy_batches
        self._queues = 0
        self._holders: set[object] = set()
        self._waiting: dict[object, Callable[[], None]] = {}

    def join(self) -> None:
        """Add a queue that shares the bytes."""
        self._queues += 1

    @property
    def share(self) -> int:
        """Bytes that one lane may hold."""
        return self._total_bytes // max(1, self._queues)

    def may_go(self, who: object, wake: Callable[[], None]) -> bool:
        """Whether ``who`` may start a heavy batch; if not, ``wake`` is called when to ask again."""
        if who not in self._holders and len(self._holders) >= self._heavy_batches:
            self._waiting[who] = wake
            return False
        self._waiting.pop(who, None)
        self._holders.add(who)
        return True

    def done(self, who: object) -> None:
        """End the heavy batch of ``who``, if it had one."""
        if who in self._holders:
            self._holders.discard(who)
            for wake in self._waiting.values():
                wake()
