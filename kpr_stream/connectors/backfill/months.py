"""Divide the documents of a source into months of history, oldest first, and live ones. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from kpr_stream.connectors.export.names import (
    NamedFile,
    last_of_month,
    parse_name,
    parse_snapshot_name,
)
from kpr_stream.connectors.source.interface import DocumentSeries, Pending, Source
from kpr_stream.errors import ExportError, UsageError


@dataclass(frozen=True, slots=True)
class HistoryMonths:
    """The months that a backfill sends: their first day and their last."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Return whether a document whose period begins on a day is history."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Month:
    """What is sent of one month, each series in its order."""

    first: date
    series: tuple[DocumentSeries, ...]

    @property
    def pending(self) -> list[Pending]:
        """Return every document of the month."""
        return [one for series in self.series for one in series.pending]


def history_of(first: str, last: str | None, *, today: date) -> HistoryMonths:
    """Return the history from one month to another, both included, as ``YYYY-MM``.

    Without ``last`` it ends with the month before this one. UsageError for what is no month, or
    ends before it begins.
    """
    begin = _month("--from", first)
    end = (
        today.replace(day=1) - timedelta(days=1)
        if last is None
        else last_of_month(_month("--to", last))
    )
    if end < begin:
        raise UsageError(
            f"The history ends on {end}, before it begins on {begin}.",
            what_to_do="Give --from the older month.",
        )
    return HistoryMonths(begin, end)


def months(series: Iterable[DocumentSeries], history: HistoryMonths) -> list[Month]:
    """Return the history of a source, oldest month first.

    A month holds the documents whose period begins in it. Within a month a series keeps its order.
    """
    found: dict[date, list[DocumentSeries]] = defaultdict(list)
    for one in series:
        by_month: dict[date, list[Pending]] = defaultdict(list)
        for pending in one.pending:
            begins = period_begins(pending)
            if begins is not None and history.holds(begins):
                by_month[begins.replace(day=1)].append(pending)
        for month, of_month in by_month.items():
            found[month].append(replace(one, pending=tuple(of_month)))
    return [Month(month, tuple(found[month])) for month in sorted(found)]


@dataclass(frozen=True, slots=True)
class LiveDocuments:
    """A source without the history, and without what is older than it."""

    source: Source
    history: HistoryMonths

    @property
    def kind(self) -> str:
        """Return what is read, for people."""
        return self.source.kind

    def series(self) -> list[DocumentSeries]:
        """Return what begins after the history, and what has a name that gives no period."""
        return [self._live(one) for one in self.source.series()]

    def _live(self, series: DocumentSeries) -> DocumentSeries:
        return replace(series, pending=tuple(filter(self._is_live, series.pending)))

    def _is_live(self, pending: Pending) -> bool:
        begins = period_begins(pending)
        return begins is None or begins > self.history.last


def period_begins(pending: Pending) -> date | None:
    """Return the first day of a document's period by its name; None if the name gives none."""
    if pending.path is None:
        return None
    readers: tuple[Callable[[Path], NamedFile], ...] = (parse_name, parse_snapshot_name)
    for read in readers:
        try:
            return read(pending.path).period_from
        except ExportError:
            continue
    return None


def _month(option: str, text: str) -> date:
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text, re.ASCII) or text < "0001":
        raise UsageError(
            f"{option} takes a month such as 2017-01.", what_to_do="Write year and month."
        )
    return date.fromisoformat(f"{text}-01")
