"""Bound how many bytes of files are in memory at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

FILE_BYTES: Final = 2_000_000
"""Of files that are read at once. They take some sixteen times their size until they are in the
outbox, and the connector has 200 MB."""


@dataclass(slots=True)
class ByteBudget:
    """Lets files be read while their bytes stay below the limit; a larger one is read alone."""

    limit: int = FILE_BYTES
    _used: int = 0
    _freed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @asynccontextmanager
    async def spent(self, size: int) -> AsyncIterator[None]:
        """Wait until there is room for a file, and take it for the length of the block."""
        async with self._freed:
            await self._freed.wait_for(lambda: self._used == 0 or self._used + size <= self.limit)
            self._used += size
        try:
            yield
        finally:
            self._used -= size
            async with self._freed:
                self._freed.notify_all()
