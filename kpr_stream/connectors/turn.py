"""Say when a reader of documents may continue: live work at once, a backfill behind it."""

from __future__ import annotations

from typing import Final, Protocol

from kpr_stream.connectors.source.interface import Pending

BACKLOG_BYTES: Final = 64_000_000
"""Reading pauses while this much is unanswered: the outbox must not hold a whole export."""


class Turn(Protocol):
    """When ``Ingest`` reads on, and how much it may leave unanswered in the outbox."""

    @property
    def backlog_bytes(self) -> int:
        """Return the unanswered bytes above which nothing more is kept."""

    @property
    def is_current(self) -> bool:
        """Return whether what is read describes the present: the unit's municipality, for one."""

    async def wait(self) -> None:
        """Wait until the next document may be read."""

    async def spend(self, items: int) -> None:
        """Note that items were kept; wait if that was more than the pace allows."""

    def note(self, pending: Pending, name: str, digest: str, items: int) -> None:
        """Note that a document is in the outbox, by its name and digest there.

        ``items`` were kept of it now.
        """


class AtOnce:
    """Never waits."""

    backlog_bytes: Final = BACKLOG_BYTES
    is_current: Final = True

    async def wait(self) -> None:
        """Return at once."""

    async def spend(self, items: int) -> None:
        """Return at once."""

    def note(self, pending: Pending, name: str, digest: str, items: int) -> None:
        """Note nothing."""


AT_ONCE: Final = AtOnce()
