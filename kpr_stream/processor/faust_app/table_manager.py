"""Faust's table manager for an app that has no tables."""

from __future__ import annotations

from faust.tables.manager import TableManager


class NoTables(TableManager):
    """Ready at once. Faust gives an app a second at each start to register its tables, and does not
    join the group before that: lanes would wait as long for every worker that is started."""

    async def on_start(self) -> None:
        """See TableManager."""
        if not self.should_stop:
            await self._update_channels()
            await self.recovery.start()
