"""Query the state of every unit of an outbox, and of the files that its deliveries come from."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kpr_stream.connectors.export.names import ExportFile, parse_name
from kpr_stream.connectors.outbox.protocol import UnitStatus
from kpr_stream.connectors.outbox.refusal import RefusalText, from_json
from kpr_stream.connectors.report.holes import Hole, Range, days_without_file, missing_numbers
from kpr_stream.errors import ExportError


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitProgress:
    """What is known of a unit. Times in ms since 1970, None for never."""

    org_nr: str
    status: UnitStatus
    sent_at: int | None
    """The last sending."""
    answered_at: int | None
    """The last answer of the receiver."""
    unanswered: int
    oldest_unsent_at: int | None
    """When the oldest delivery was kept that was never sent."""
    oldest_unanswered_at: int | None
    held_since: int | None
    reason: str | None
    refusal: RefusalText | None
    errors: int
    """Items with an open error."""


@dataclass(frozen=True, slots=True)
class SeriesState:
    """The files of one folder ("" for the folder itself) and what is missing between them."""

    folder: str
    files: int
    last_day: str | None
    missing: tuple[Range, ...]
    holes: tuple[Hole, ...]


def unit_states(outbox: sqlite3.Connection) -> list[UnitProgress]:
    """Return every unit, in order of its org number."""
    return [
        UnitProgress(
            org_nr=row[0],
            status=UnitStatus(row[1]),
            reason=row[2],
            refusal=from_json(row[3]),
            sent_at=row[4],
            answered_at=row[5],
            unanswered=row[6],
            oldest_unsent_at=row[7],
            oldest_unanswered_at=row[8],
            held_since=row[9],
            errors=row[10],
        )
        for row in outbox.execute(_UNITS)
    ]


def series_states(outbox: sqlite3.Connection) -> list[SeriesState]:
    """Return every folder from which files were read. Names that say nothing are left out."""
    found: dict[str, list[ExportFile]] = defaultdict(list)
    for (name,) in outbox.execute("SELECT DISTINCT name FROM file"):
        file = file_named(name)
        if file is not None:
            found[folder_of(name)].append(file)
    return [_series(folder, files) for folder, files in sorted(found.items())]


def series_of_files(files: Mapping[str, Iterable[ExportFile]]) -> list[SeriesState]:
    """Return the state of each folder of files."""
    return [_series(folder, list(of_folder)) for folder, of_folder in sorted(files.items())]


def _series(folder: str, files: list[ExportFile]) -> SeriesState:
    last = max((file.period_to for file in files), default=None)
    return SeriesState(
        folder,
        len(files),
        None if last is None else last.isoformat(),
        tuple(missing_numbers(files)),
        tuple(days_without_file(files)),
    )


def folder_of(name: str) -> str:
    """Return the folder of a document by its name in the outbox; "" for the top folder."""
    return name.rpartition("/")[0]


@lru_cache(maxsize=20_000)
def file_named(name: str) -> ExportFile | None:
    """Return what a name in the outbox describes; None for one of another source."""
    try:
        return parse_name(Path(name))
    except ExportError:
        return None


_UNITS = """
SELECT u.org_nr, u.status, u.reason, u.refusal,
       max(t.sent_at), max(t.answered_at),
       coalesce(sum(d.state <> 'done'), 0),
       min(t.kept_at) FILTER (WHERE d.state <> 'done' AND d.attempt = 0),
       min(t.kept_at) FILTER (WHERE d.state <> 'done'),
       h.since,
       (SELECT count(DISTINCT item) FROM open_error e WHERE e.org_nr = u.org_nr)
FROM unit u
LEFT JOIN unit_hold h ON h.org_nr = u.org_nr
LEFT JOIN delivery d ON d.org_nr = u.org_nr
LEFT JOIN delivery_time t ON t.delivery_id = d.delivery_id
GROUP BY u.org_nr ORDER BY u.org_nr
"""
