"""What a worker tells about itself, as a protocol: metrics in a worker, a recorder in tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from kpr_stream.processor.settle import Settled


class Observer(Protocol):
    """Called on the event loop; must not block."""

    def lane_opened(self, lane: int, seconds: float, records_read: int) -> None:
        """A lane serves; how long opening took, and what its ledger had to read."""
        ...

    def lane_closed(self, lane: int) -> None:
        """A lane is no longer served here."""
        ...

    def committed(self, lane: int, seconds: float, settled: Sequence[Settled]) -> None:
        """A transaction stands; steps 2 to 8 took so long."""
        ...

    def aborted(self, lane: int) -> None:
        """A transaction was given up before its commit; it is decided again."""
        ...
