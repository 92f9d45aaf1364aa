"""Give a source of rights without any reservation or erasure, for tests without a broker."""

from __future__ import annotations

from kpr_stream.rights.table import Rights


class NoRights:
    """Always at the end of an empty topic."""

    current = Rights()

    async def catch_up(self) -> None:
        """See RightsSource."""

    async def reach(self, offset: int, within_s: float) -> bool:
        """See RightsSource."""
        del within_s
        return offset <= self.current.offset
