"""What a worker reports about itself, as a protocol: metrics in a worker, a recorder in tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from kpr_stream.model.stages import Stage
from kpr_stream.model.words import System
from kpr_stream.processor.commands.effects import ExecutedCommand
from kpr_stream.processor.decide.delivery import DecidedDelivery


class Observer(Protocol):
    """Called on the event loop; must not block."""

    def lane_opened(self, lane: int, seconds: float) -> None:
        """A lane serves; its opening took ``seconds``."""
        ...

    def ledger_read(self, records: int) -> None:
        """Records were read back into ledgers. May be called from another thread."""
        ...

    def opening(self, lane: int, records_left: int) -> None:
        """A lane reads about so many records more before it can serve; 0: all are read.

        May be called from another thread.
        """
        ...

    def lane_closed(self, lane: int) -> None:
        """A lane is no longer served here, or will not be after all."""
        ...

    def framed(self, seconds: float) -> None:
        """A frame was decrypted, validated and enriched in this time; it may hold deliveries of
        several lanes."""
        ...

    def committed(self, lane: int, seconds: float, deliveries: Sequence[DecidedDelivery]) -> None:
        """A transaction is committed; ``seconds`` steps 2 to 8 took."""
        ...

    def executed(self, lane: int, done: ExecutedCommand) -> None:
        """A command was executed or refused, and its transaction is committed."""
        ...

    def measured(self, stage: Stage, seconds: float) -> None:
        """A stage has ended well. May be called from another thread."""
        ...

    def ledger_size(self, lane: int, entries: int, disk_bytes: int) -> None:
        """Called every few seconds: about how many keys a ledger has, and its size on disk."""
        ...

    def waiting(self, lane: int, records: int, oldest: Mapping[System, int]) -> None:
        """Called every few seconds: what waits in a lane.

        ``oldest``: when the oldest delivery arrived that is not answered yet (ms), by system.
        """
        ...

    def aborted(self, lane: int) -> None:
        """A transaction was aborted before its commit; its records are decided again."""
        ...

    def columns_failed(self) -> None:
        """A batch was decided item by item, because columns raised. Called from another thread."""
        ...
