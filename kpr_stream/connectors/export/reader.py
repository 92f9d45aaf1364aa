"""Read an EPJ's export folder: the files, their order, and the units in each.

docs/vendor/export-format.md describes the format. A file is read strictly and whole: either all of
it is understood, or nothing of it is sent. Faults inside one consultation are not decided here.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from kpr_stream.connectors.export.values import JsonNumber, UnreadableValueError, padded, text
from kpr_stream.errors import ExportError, UsageError
from kpr_stream.model.org_numbers import is_org_nr
from kpr_stream.model.words import MessageType

MAX_FILE_BYTES = 256_000_000
"""A larger file would not fit in the memory of a small server once parsed."""

LONGEST_NAME = 40
"""Letters of a key that may be a name of a format; a longer one may be somebody's text."""
SIDECAR = "export.json"
UNKNOWN_SOFTWARE = "unknown"

_NAME = re.compile(
    r"(?P<number>\d{6,12})_(?P<type>HST_Konsultasjon|HST_Avtale)_"
    r"(?P<from>\d{4}-\d\d(?:-\d\d)?)(?:--(?P<to>\d{4}-\d\d-\d\d))?_"
    r"(?P<extracted>\d{8}T\d{6}Z)\.json"
)
_TYPES = {"HST_Konsultasjon": MessageType.CONSULTATION, "HST_Avtale": MessageType.APPOINTMENT}
LISTS = {
    MessageType.CONSULTATION: ("slettKonsultasjon", "konsultasjon"),
    MessageType.APPOINTMENT: ("slettAvtale", "avtale"),
}
"""Names of a unit's deletions and upserts in a file."""
UNIT_KEYS = ("orgNr", "kommuneNr", "bydelNr")
_ORG_NR = {
    True: "a valid organisation number (9 digits from 8, 9 or, synthetic, 2, 3; mod 11)",
    False: "a valid organisation number (9 digits from 8 or 9; mod 11)",
}
"""By whether synthetic units are taken."""
_RENAME = (
    "Name it <number>_HST_Konsultasjon_<period>_<extracted>.json "
    "(docs/vendor/export-format.md) or move it away."
)
_FIX = "Fix the export, or export again, and run again; nothing of this file was sent."


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFile:
    """A file of an export, by its name. ``extracted_at`` in ms since 1970."""

    path: Path
    number: int
    message_type: MessageType
    period_from: date
    period_to: date
    extracted_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitExport:
    """The part of a file that is one unit's. Lists hold JSON objects as read."""

    org_nr: str
    municipality_code: str
    district_code: str | None
    deletions: list[dict[str, Any]]
    upserts: list[dict[str, Any]]
    other_keys: tuple[str, ...] = ()
    """Keys of the unit's object that the format does not have; their values are dropped."""


@dataclass(frozen=True, slots=True)
class Series:
    """The files of one folder, which are sent in order.

    A bad file stops its own series only.
    """

    folder: Path
    paths: list[Path]
    software_version: str


def find_series(folder: Path) -> list[Series]:
    """Return the folder and each folder in it with JSON files, in order of name.

    UsageError if there is no such folder, ExportError if it cannot be listed.
    """
    if not folder.is_dir():
        raise UsageError(
            f"There is no folder {folder}.", what_to_do="Name the folder that the EPJ exports to."
        )
    try:
        folders = [folder, *sorted(p for p in folder.iterdir() if p.is_dir())]
        found = [(f, sorted(_files(f), key=_place)) for f in folders]
    except OSError as cause:
        raise ExportError(
            f"The folder {folder} cannot be listed: {cause.strerror}.",
            what_to_do="Give this process the right to read it.",
        ) from None
    return [Series(f, paths, _software_version(f, folder)) for f, paths in found if paths]


def parse_name(path: Path) -> ExportFile:
    """Return what a file's name describes; ExportError for any other name."""
    found = _NAME.fullmatch(path.name)
    if found is None:
        raise ExportError(f"The file name {path.name} is not one of an export.", what_to_do=_RENAME)
    try:
        first, last = _period(found["from"], found["to"])
        extracted = datetime.strptime(found["extracted"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise ExportError(
            f"The file name {path.name} holds a day that does not exist or a period that ends "
            "before it begins.",
            what_to_do=_RENAME,
        ) from None
    return ExportFile(
        path=path,
        number=int(found["number"]),
        message_type=_TYPES[found["type"]],
        period_from=first,
        period_to=last,
        extracted_at=int(extracted.timestamp()) * 1000,
    )


def units_of(file: ExportFile, data: bytes, *, synthetic_units: bool = True) -> list[UnitExport]:
    """Return all units of a file; ExportError names the file, the place and the cause.

    ``synthetic_units`` are taken in a test environment only.
    """
    return list(_units(file, parse(file.path, data), synthetic_units=synthetic_units))


def digest_of(data: bytes) -> str:
    """Return the digest that recognises a file under any name."""
    return hashlib.sha256(data).hexdigest()


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file; ExportError if unreadable, empty or too large."""
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise _bad(path, f"it has {size} bytes; the limit is {MAX_FILE_BYTES}")
        data = path.read_bytes()
    except OSError as cause:
        raise ExportError(
            f"The file {path} cannot be read: {cause.strerror}.",
            what_to_do="Give this process the right to read it, or check the disk.",
        ) from None
    if not data.strip():
        raise _bad(path, "it is empty")
    return data


def parse(path: Path, data: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Return JSON with every number as its digits; ExportError names line and column."""
    try:
        written = data.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        raise _bad(path, f"byte {cause.start} is not UTF-8 (wrong encoding?)") from None
    try:
        return json.loads(
            written,
            parse_int=JsonNumber,
            parse_float=JsonNumber,
            parse_constant=_no_constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as cause:
        began, ended = written.lstrip()[:1] == "[", written.rstrip()[-1:] == "]"
        kind = "it ends too early" if began and not ended else "it is not JSON"
        raise _bad(path, f"{kind} (line {cause.lineno}, column {cause.colno})") from None
    except RecursionError:
        raise _bad(path, "it is nested too deeply to be an export") from None
    except _NotAnExportError as cause:
        raise _bad(path, str(cause)) from None


class _NotAnExportError(Exception):
    pass


def _no_constant(_: str) -> None:
    raise _NotAnExportError("it holds NaN or Infinity, which JSON does not have")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(a for a, b in pairwise(sorted(key for key, _ in pairs)) if a == b)
        raise _NotAnExportError(f"an object has {_named('key', twice)} twice")
    return found


def _named(what: str, key: str) -> str:
    """Return a key for an error text.

    A key that is not a name is left out: it may be personal.
    """
    return f"the {what} «{key}»" if is_name(key) else f"a {what}"


def is_name(key: str) -> bool:
    """Return whether a key can be a name of the format, and so be reported."""
    return key.isascii() and key.isalpha() and len(key) <= LONGEST_NAME


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.suffix == ".json" and path.name != SIDECAR and not path.name.startswith("."):
            yield path


def _place(path: Path) -> tuple[int, int, str]:
    """Return the place of a file in the order of sending.

    A file without a number is last, so that it stops no other file.
    """
    digits = re.match(r"\d{6,12}(?=_)", path.name)
    return (0, int(digits[0]), path.name) if digits else (1, 0, path.name)


def _period(first: str, last: str | None) -> tuple[date, date]:
    if len(first) == len("2025-01"):
        if last is not None:
            raise ValueError
        start = date.fromisoformat(f"{first}-01")
        return start, (start + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    start = date.fromisoformat(first)
    end = date.fromisoformat(last) if last else start
    if end < start:
        raise ValueError
    return start, end


def _software_version(*folders: Path) -> str:
    for folder in folders:
        path = folder / SIDECAR
        if path.exists():
            found = parse(path, read_bytes(path))
            version = found.get("softwareVersion") if isinstance(found, dict) else None
            if not isinstance(version, str) or not version.strip():
                raise ExportError(
                    f'The file {path} holds no text "softwareVersion".',
                    what_to_do='Write {"softwareVersion": "…"} into it, or remove it.',
                )
            return version.strip()
    return UNKNOWN_SOFTWARE


def _units(file: ExportFile, found: object, *, synthetic_units: bool) -> Iterator[UnitExport]:
    path = file.path
    if not isinstance(found, list):
        raise _bad(path, "its top level is not an array of units")
    for index, unit in enumerate(found):
        if not isinstance(unit, dict):
            raise _bad(path, f"/{index} is not an object")
        municipality = _digits(unit, "kommuneNr", 4)
        if municipality is None:
            raise _bad(path, f"/{index}/kommuneNr is not a municipality code of 4 digits")
        number = _text(unit, "orgNr")
        if number is None or not is_org_nr(number, synthetic_too=synthetic_units):
            raise _bad(path, f"/{index}/orgNr is not {_ORG_NR[synthetic_units]}")
        _no_other_lists(file, unit, index)
        deletions, upserts = (_objects(path, unit, index, key) for key in LISTS[file.message_type])
        other = tuple(key for key in unit if key not in {*UNIT_KEYS, *LISTS[file.message_type]})
        yield UnitExport(
            org_nr=number,
            municipality_code=municipality,
            district_code=_district(path, unit, index),
            deletions=deletions,
            upserts=upserts,
            other_keys=other,
        )


def _no_other_lists(file: ExportFile, unit: dict[str, Any], index: int) -> None:
    """Refuse a list under a misspelt name or of the other message type.

    The file would otherwise count as a quiet day.
    """
    wanted = LISTS[file.message_type]
    for key, value in unit.items():
        if isinstance(value, list) and value and key not in wanted:
            names = " and ".join(f"«{name}»" for name in wanted)
            raise _bad(
                file.path,
                f"/{index} has {_named('list', key)} with entries; the lists of such a file are "
                f"{names}",
            )


def _text(unit: dict[str, Any], key: str) -> str | None:
    try:
        return text(unit.get(key))
    except UnreadableValueError:
        return None


def _digits(unit: dict[str, Any], key: str, width: int) -> str | None:
    digits = _text(unit, key)
    return None if digits is None else padded(digits, width)


def _district(path: Path, unit: dict[str, Any], index: int) -> str | None:
    if unit.get("bydelNr") in (None, ""):
        return None
    district = _digits(unit, "bydelNr", 6)
    if district is None:
        raise _bad(path, f"/{index}/bydelNr is not a district code of 6 digits")
    return district


def _objects(path: Path, unit: dict[str, Any], index: int, key: str) -> list[dict[str, Any]]:
    found = unit.get(key)
    if found is None:
        return []
    if not isinstance(found, list):
        raise _bad(path, f"/{index}/{key} is not an array")
    for at, entry in enumerate(found):
        if not isinstance(entry, dict):
            raise _bad(path, f"/{index}/{key}/{at} is not an object")
    return found


def _bad(path: Path, why: str) -> ExportError:
    return ExportError(f"The file {path} cannot be used: {why}.", what_to_do=_FIX)
