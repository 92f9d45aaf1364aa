"""Read what the name of an export file says: type, period and time of extraction. Pure."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from kpr_stream.errors import ExportError
from kpr_stream.model.iso_time import read as read_time
from kpr_stream.model.limits import CLOCK_TOLERANCE_MS, FIRST_EXTRACTION_MS
from kpr_stream.model.words import MessageType

TYPES: Final = {
    "HST_Konsultasjon": MessageType.CONSULTATION,
    "HST_Avtale": MessageType.APPOINTMENT,
}
"""Message types by their names in the format."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PERIOD = (
    r"_(?P<from>\d{4}-\d\d(?:-\d\d)?)(?:--(?P<to>\d{4}-\d\d-\d\d))?_"
    r"(?P<extracted>\d{8}T\d{6}Z)"
)
_NAME = re.compile(
    rf"(?P<number>\d{{6,12}})_(?P<type>HST_Konsultasjon|HST_Avtale){_PERIOD}\.json", re.ASCII
)
_SNAPSHOT = re.compile(rf"(?P<number>\d{{6,12}})_FHIR{_PERIOD}(?:\.json|\.ndjson)?", re.ASCII)
_RENAME = (
    "Name it <number>_HST_Konsultasjon_<period>_<extracted>.json "
    "(docs/vendor/export-format.md) or move it away."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFile:
    """A file or folder, by its name. ``extracted_at`` in ms since 1970."""

    path: Path
    number: int
    period_from: date
    period_to: date
    extracted_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFile(NamedFile):
    """A file of the export format."""

    message_type: MessageType


def parse_name(path: Path) -> ExportFile:
    """Return what a file's name describes; ExportError for any other name."""
    found = _NAME.fullmatch(path.name)
    if found is None:
        raise ExportError(
            f"The file name {shown(path.name)} is not one of an export.", what_to_do=_RENAME
        )
    return ExportFile(message_type=TYPES[found["type"]], **_parts_of(path, found))


def parse_snapshot_name(path: Path) -> NamedFile:
    """Return what the name of a FHIR snapshot describes; ExportError for any other name."""
    found = _SNAPSHOT.fullmatch(path.name)
    if found is None:
        raise ExportError(
            f"The name {shown(path.name)} is not one of a FHIR snapshot.",
            what_to_do="Name it <number>_FHIR_<period>_<extracted>, with .json for a Bundle, "
            ".ndjson for lines, or without for a folder (docs/vendor/fhir.md), or move it away.",
        )
    return NamedFile(**_parts_of(path, found))


def is_snapshot_name(name: str) -> bool:
    """Return whether a name is one of a FHIR snapshot."""
    return _SNAPSHOT.fullmatch(name) is not None


def _parts_of(path: Path, found: re.Match[str]) -> dict[str, Any]:
    """Return the parts of a name that every kind of file has."""
    try:
        first, last = _period(found["from"], found["to"])
        extracted = read_time(found["extracted"]).local.replace(tzinfo=UTC)
    except ValueError:
        raise ExportError(
            f"The file name {path.name} holds a day that does not exist or a period that ends "
            "before it begins.",
            what_to_do=_RENAME,
        ) from None
    return {
        "path": path,
        "number": int(found["number"]),
        "period_from": first,
        "period_to": last,
        "extracted_at": (extracted - _EPOCH) // timedelta(milliseconds=1),
    }


def assumed_file(path: Path, message_type: MessageType, *, now_ms: int) -> ExportFile:
    """Return what a dry run assumes of a file whose name says nothing: extracted now, this month.

    The period is judged by nobody: items may lie outside it.
    """
    today = datetime.fromtimestamp(now_ms / 1000, UTC).date()
    return ExportFile(
        path=path,
        number=0,
        message_type=message_type,
        period_from=today.replace(day=1),
        period_to=last_of_month(today),
        extracted_at=now_ms,
    )


def require_usable_extraction(file: NamedFile, *, now_ms: int) -> None:
    """Raise ExportError if a file was extracted before 2017 or in the future.

    Newer content wins by this time: a wrong clock would win over every later correction.
    """
    if file.extracted_at > now_ms + CLOCK_TOLERANCE_MS:
        raise _clock_is_wrong(
            file, "in the future; the receiver would refuse it (CLOCK_AHEAD)", "Set the clock (NTP)"
        )
    if file.extracted_at < FIRST_EXTRACTION_MS:
        raise _clock_is_wrong(file, "before 2017, when nothing was reported", "Set the clock")


def as_text(name: str) -> str:
    """Return a name as text that UTF-8 can hold: a file system takes any bytes as a name."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def shown(name: str) -> str:
    """Return a name for a message: what cannot be printed is written in escapes."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in as_text(name))


def _clock_is_wrong(file: NamedFile, when: str, todo: str) -> ExportError:
    return ExportError(
        f"The file {shown(str(file.path))} cannot be used: its name says that it was extracted "
        f"{when}.",
        what_to_do=f"{todo}, and write the time of extraction in UTC.",
    )


def _period(first: str, last: str | None) -> tuple[date, date]:
    if len(first) == len("2025-01"):
        if last is not None:
            raise ValueError
        start = date.fromisoformat(f"{first}-01")
        return start, last_of_month(start)
    start = date.fromisoformat(first)
    end = date.fromisoformat(last) if last else start
    if end < start:
        raise ValueError
    return start, end


def last_of_month(day: date) -> date:
    """Return the last day of the month of a day."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
