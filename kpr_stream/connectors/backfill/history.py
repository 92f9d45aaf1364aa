"""Bring the history of a source into the outbox, month by month, and report how it goes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from kpr_stream.connectors.backfill.behind_live import BehindLive
from kpr_stream.connectors.backfill.months import HistoryMonths, Month, months
from kpr_stream.connectors.backfill.progress import BackfillState, Speed
from kpr_stream.connectors.ingest import Ingest
from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.source.interface import Pending
from kpr_stream.connectors.source.put_away import size_of
from kpr_stream.errors import KprError


@dataclass(slots=True, kw_only=True)
class Backfill:
    """One backfill. It resumes by itself: what an earlier run has kept is not read again."""

    history: HistoryMonths
    ingest: Ingest
    outbox: Outbox
    turn: BehindLive = field(init=False)
    most_items_per_s: float | None = None
    live_reads: Callable[[], bool] = lambda: False
    clock: Callable[[], float] = time.monotonic
    read_through: bool = False
    """Whether every month is in the outbox."""
    _months: list[Month] = field(default_factory=list)
    _sizes: dict[str, int] = field(default_factory=dict)
    _month: Month | None = None
    _months_read: int = 0
    _waiting: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    """Size and items of documents that are in the outbox and not answered, by name and digest."""
    _files_done: int = 0
    _bytes_done: int = 0
    _bytes_of_run: int = 0
    _items_of_run: int = 0
    _speed: Speed = field(default_factory=Speed)

    def __post_init__(self) -> None:
        """Let the reader wait for live documents."""
        self.turn = BehindLive(self.live_reads, self.most_items_per_s, self._kept, self.clock)
        self.ingest.turn = self.turn

    async def read(self) -> list[KprError]:
        """Read month after month; return the errors of the series that had to stop.

        A series that stopped is left out of the later months, so that its order holds.
        """
        every = await asyncio.to_thread(self.ingest.source.series)
        found = [one.unreadable for one in every if one.unreadable is not None]
        errors: list[KprError] = list(found)
        self._months = months(every, self.history)
        self._sizes = await asyncio.to_thread(
            lambda: {p.shown: size_of(p.path) for m in self._months for p in m.pending}
        )
        self._speed.note(self.clock(), items=0, done_bytes=0)
        stopped: set[int] = set()
        for month in self._months:
            self._month = month
            # All months of a series share the set of its failed units.
            series = [one for one in month.series if id(one.failed) not in stopped]
            for one, error in zip(series, await self.ingest.read(series), strict=True):
                if error is not None:
                    errors.append(error)
                    stopped.add(id(one.failed))
            self._months_read += 1
        self._month, self.read_through = None, True
        return errors

    def state(self) -> BackfillState:
        """Return how far it is now."""
        self._settle()
        self._speed.note(self.clock(), items=self._items_of_run, done_bytes=self._bytes_of_run)
        total = sum(self._sizes.values())
        return BackfillState(
            month=None if self._month is None else self._month.first,
            months_done=self._months_read,
            months=len(self._months),
            files_done=self._files_done,
            files=len(self._sizes),
            bytes_done=self._bytes_done,
            bytes=total,
            items_answered=self._items_of_run,
            items_per_second=self._speed.items_per_second,
            seconds_left=self._speed.seconds_for(total - self._bytes_done),
            waits_for_live=self.turn.waits,
        )

    def _kept(self, pending: Pending, name: str, digest: str, items: int) -> None:
        size = self._sizes.get(pending.shown, 0)
        if items == 0 and self.outbox.is_settled(name, digest):
            # Of an earlier run: done, and no measure of this run's speed.
            self._files_done += 1
            self._bytes_done += size
            return
        self._waiting[name, digest] = (size, items)

    def _settle(self) -> None:
        for document, (size, items) in list(self._waiting.items()):
            if self.outbox.is_settled(*document):
                del self._waiting[document]
                self._files_done += 1
                self._bytes_done += size
                self._bytes_of_run += size
                self._items_of_run += items
