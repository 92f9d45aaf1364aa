"""Report gaps between the files of an export, once each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.report.gaps import worrying_gaps
from kpr_stream.connectors.report.read import read_outbox
from kpr_stream.connectors.report.units import SeriesState, series_states


def _today() -> date:
    return datetime.now(UTC).date()


@dataclass(slots=True)
class GapWatch:
    """Calls ``on_gap`` with a sentence for each new gap."""

    on_gap: Callable[[str], None]
    today: Callable[[], date] = _today
    _reported: set[str] = field(default_factory=set)
    _looked_at: tuple[int, date] | None = None
    """Files read, and the day, when gaps were last looked for."""

    async def look(self, outbox: Outbox, *, following: bool) -> None:
        """Look, if files were read since or a day has passed.

        Only a folder that is followed can be late.
        """
        now = outbox.files_kept(), self.today()
        if now == self._looked_at:
            return
        self._looked_at = now
        series = await asyncio.to_thread(_series_of, outbox.path)
        for text in worrying_gaps(series, today=now[1] if following else date.min):
            if text not in self._reported:
                self._reported.add(text)
                self.on_gap(text)


def _series_of(path: Path) -> list[SeriesState]:
    with read_outbox(path) as outbox:
        return series_states(outbox)
