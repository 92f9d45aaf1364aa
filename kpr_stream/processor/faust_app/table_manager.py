"""Replace Faust's table manager in an app without tables."""

from __future__ import annotations

from faust.tables.manager import TableManager


class NoTables(TableManager):
    """A table manager that is ready at once.

    Faust waits a second at each start for the app to register tables, and joins the group only
    then: lanes would wait a second longer for every worker that starts.
    """

    async def on_start(self) -> None:
        """See TableManager."""
        if not self.should_stop:
            await self._update_channels()
            await self.recovery.start()
