"""Measure for how long records have waited for the projector. Pure.

Nobody knows the age of a record that nobody has read yet. The oldest one that waits arrived after
the last one that was carried, and after the projector was last at the end of the partition. The
later of these two times bounds how long it has waited.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Waiting:
    """What waits in each partition. Times in seconds since 1970."""

    since: float
    """When the projector started: the bound while nothing else is known."""
    _carried: dict[int, float] = field(default_factory=dict)
    """When the last record arrived that was carried."""
    _at_end: dict[int, float] = field(default_factory=dict)
    """When nothing waited."""
    _behind: frozenset[int] = frozenset()

    def carried(self, partition: int, arrived: float) -> None:
        """Note the arrival of the last record that a committed transaction has carried."""
        self._carried[partition] = arrived

    def measured(self, lag: Mapping[int, int], now: float) -> None:
        """Note how many offsets of each partition are not carried."""
        self._behind = frozenset(partition for partition, offsets in lag.items() if offsets)
        self._at_end |= dict.fromkeys(lag.keys() - self._behind, now)

    def oldest_s(self, now: float) -> float:
        """Return for how long (s) the oldest record has waited at most; 0: no record waits."""
        return max(0.0, now - min(map(self._bound, self._behind), default=now))

    def _bound(self, partition: int) -> float:
        times = (self._carried.get(partition), self._at_end.get(partition))
        return max((at for at in times if at is not None), default=self.since)
