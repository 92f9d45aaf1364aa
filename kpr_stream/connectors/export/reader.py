"""Read an EPJ's export folder: the files, their order, and the units in each.

docs/vendor/export-format.md describes the format. A file is read strictly and whole: either all of
it is understood, or nothing of it is sent. Faults inside one consultation are not decided here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kpr_stream.connectors.export.left_out import LeftOut, Part
from kpr_stream.connectors.export.names import ExportFile, parse_name, shown
from kpr_stream.connectors.export.values import JsonNumber, UnreadableValueError, padded, text
from kpr_stream.errors import ExportError, UsageError
from kpr_stream.model.files import read_regular_file
from kpr_stream.model.json_text import JsonTextError, named, read_json
from kpr_stream.model.limits import MAX_FILE_BYTES, SOFTWARE_VERSION_CHARS
from kpr_stream.model.org_numbers import is_org_nr
from kpr_stream.model.words import MessageType
from kpr_stream.reference import load_reference
from kpr_stream.reference.geography import district_in

__all__ = [
    "ExportFile",
    "Series",
    "UnitExport",
    "digest_of",
    "find_series",
    "parse",
    "parse_name",
    "read_bytes",
    "type_in",
    "units_of",
]

SIDECAR = "export.json"
UNKNOWN_SOFTWARE = "unknown"

LISTS = {
    MessageType.CONSULTATION: ("slettKonsultasjon", "konsultasjon"),
    MessageType.APPOINTMENT: ("slettAvtale", "avtale"),
}
"""Names of a unit's deletions and upserts in a file."""
UNIT_KEYS = ("orgNr", "kommuneNr", "bydelNr")
_ORG_NR = {
    True: "a valid organisation number (9 digits from 8, 9 or, synthetic, 2 to 4; mod 11)",
    False: "a valid organisation number (9 digits from 8 or 9; mod 11)",
}
"""By whether synthetic units are taken."""
_FIX = "Fix the export, or export again, and run again; nothing of this file was sent."
_FIX_VALUE = "Fix it in the export; everything else is sent."


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
    left_out: tuple[LeftOut, ...] = ()
    """The district, if it cannot be used."""

    def pointer_to(self, message_type: MessageType, place: int, at: int) -> str:
        """Return the JSON pointer to an item, by its place in the order of sending.

        ``place`` is the unit's in the file. Deletions are sent before upserts.
        """
        deleted, upserted = LISTS[message_type]
        if at < len(self.deletions):
            return f"/{place}/{deleted}/{at}"
        return f"/{place}/{upserted}/{at - len(self.deletions)}"


@dataclass(frozen=True, slots=True)
class Series:
    """The files of one folder, which are sent in order.

    A bad file stops its own series only.
    """

    folder: Path
    paths: list[Path]
    software_version: str
    left_out: tuple[LeftOut, ...] = ()
    """The software version, if it cannot be used."""
    unreadable: ExportError | None = None
    """Why the folder cannot be listed; then it has no paths."""


def find_series(folder: Path) -> list[Series]:
    """Return the folder and each folder in it with JSON files, in order of name.

    UsageError if there is no such folder, ExportError if it cannot be listed.
    """
    try:
        require_folder(folder)
        shown_ones = (p for p in folder.iterdir() if not p.name.startswith("."))
        folders = [folder, *sorted(p for p in shown_ones if p.is_dir())]
    except OSError as cause:
        raise unlisted(folder, cause) from None
    found = [_series(one, folder) for one in folders]
    return [series for series in found if series.paths or series.unreadable]


def _series(folder: Path, above: Path) -> Series:
    try:
        paths = sorted(_files(folder), key=file_order)
        version, left_out = software_version_in(folder, above) if paths else (UNKNOWN_SOFTWARE, ())
    except OSError as cause:
        return Series(folder, [], UNKNOWN_SOFTWARE, unreadable=unlisted(folder, cause))
    return Series(folder, paths, version, left_out)


def require_folder(folder: Path) -> None:
    """Raise UsageError if there is no such folder."""
    if not folder.is_dir():
        raise UsageError(
            f"There is no folder {shown(str(folder))}.",
            what_to_do="Name the folder that the EPJ exports to.",
        )


def unlisted(folder: Path, cause: OSError) -> ExportError:
    """Return the error of a folder that cannot be listed."""
    return ExportError(
        f"The folder {shown(str(folder))} cannot be listed: {cause.strerror}.",
        what_to_do="Give this process the right to read it.",
    )


def units_of(file: ExportFile, data: bytes, *, synthetic_units: bool = True) -> list[UnitExport]:
    """Return all units of a file; ExportError names the file, the place and the cause.

    ``synthetic_units`` are taken in a test environment only.
    """
    return list(_units(file, parse(file.path, data), synthetic_units=synthetic_units))


def type_in(path: Path, data: bytes) -> MessageType:
    """Return the message type that the lists of a file belong to; consultations if it has none.

    ExportError if the file cannot be read.
    """
    found = parse(path, data)
    units = found if isinstance(found, list) else []
    keys = {key for unit in units if isinstance(unit, dict) for key in unit}
    appointments = set(LISTS[MessageType.APPOINTMENT])
    consultations = set(LISTS[MessageType.CONSULTATION])
    only_appointments = keys & appointments and not keys & consultations
    return MessageType.APPOINTMENT if only_appointments else MessageType.CONSULTATION


def digest_of(data: bytes) -> str:
    """Return the digest that recognises a file under any name."""
    return hashlib.sha256(data).hexdigest()


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file; ExportError if it is empty, too large or no regular file."""
    try:
        data = read_regular_file(path, most_bytes=MAX_FILE_BYTES)
    except OSError as cause:
        raise ExportError(
            f"The file {shown(str(path))} cannot be read: {cause.strerror}.",
            what_to_do="Give this process the right to read it, or check the disk and what was "
            "exported.",
        ) from None
    if not data.strip():
        raise _bad(path, "it is empty")
    return data


def parse(path: Path, data: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Return JSON with every number as its digits; ExportError names line and column."""
    try:
        return read_json(data, number=JsonNumber)
    except JsonTextError as cause:
        raise _bad(path, str(cause)) from None


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.suffix == ".json" and path.name != SIDECAR and not path.name.startswith("."):
            yield path


def file_order(path: Path) -> tuple[int, int, str]:
    """Return the place of a file in the order of sending.

    A file without a number is last, so that it stops no other file.
    """
    digits = re.match(r"[0-9]{6,12}(?=_)", path.name)
    return (0, int(digits[0]), path.name) if digits else (1, 0, path.name)


def software_version_in(*folders: Path) -> tuple[str, tuple[LeftOut, ...]]:
    """Return the version of the sender's software, and why it is unknown if that is a mistake.

    The version is optional, so no mistake in it keeps a consultation from being sent.
    """
    for folder in folders:
        path = folder / SIDECAR
        if path.exists():
            try:
                return _version_in(parse(path, read_bytes(path))), ()
            except ExportError as cause:
                problem = cause.message.removesuffix(".")
            except UnreadableValueError:
                problem = (
                    f'it holds no text "softwareVersion" of 1 to {SOFTWARE_VERSION_CHARS} '
                    f'characters, and "{UNKNOWN_SOFTWARE}" is sent'
                )
            todo = 'Write {"softwareVersion": "…"} into it, or remove it. Everything else is sent.'
            return UNKNOWN_SOFTWARE, (LeftOut(Part.VALUE, shown(str(path)), "", problem, todo),)
    return UNKNOWN_SOFTWARE, ()


def _version_in(found: object) -> str:
    version = found.get("softwareVersion") if isinstance(found, dict) else None
    # A number too: the digits of 7.4 are the version's.
    written = text(str(version)) if isinstance(version, str) else None
    if written is None or len(written) > SOFTWARE_VERSION_CHARS or not written.isprintable():
        raise UnreadableValueError
    return written


def _units(file: ExportFile, found: object, *, synthetic_units: bool) -> Iterator[UnitExport]:
    path = file.path
    if not isinstance(found, list):
        raise _bad(path, f"its top level is not an array of units but {_kind(found)}")
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
        district, left_out = _district(file, unit, index, municipality)
        deletions, upserts = (_objects(path, unit, index, key) for key in LISTS[file.message_type])
        other = tuple(key for key in unit if key not in {*UNIT_KEYS, *LISTS[file.message_type]})
        yield UnitExport(
            org_nr=number,
            municipality_code=municipality,
            district_code=district,
            deletions=deletions,
            upserts=upserts,
            other_keys=other,
            left_out=left_out,
        )


def _no_other_lists(file: ExportFile, unit: dict[str, Any], index: int) -> None:
    """Refuse a list under a misspelt name or of the other message type.

    The file would otherwise count as a quiet day.
    """
    wanted = LISTS[file.message_type]
    for key, value in unit.items():
        if isinstance(value, list) and value and key not in {*wanted, *UNIT_KEYS}:
            names = " and ".join(f"«{name}»" for name in wanted)
            raise _bad(
                file.path,
                f"/{index} has {named('list', key)} with entries; the lists of such a file are "
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


def _district(
    file: ExportFile, unit: dict[str, Any], index: int, municipality: str
) -> tuple[str | None, tuple[LeftOut, ...]]:
    """Return the unit's district, and why it is left out if nothing can be made of it.

    The district is optional, so no mistake in it keeps a consultation from being sent. A short
    text that denotes no district is sent as it is with consultations: the receiver sets it aside,
    and the receipt reports it. Appointments have no district in the register, so no receipt would.
    Any other value is not sent: the envelope is not encrypted, and a longer text could be personal.
    """
    try:
        written = text(unit.get("bydelNr"))
    except UnreadableValueError:
        written = ""
    if written is None:
        return None, ()
    if re.fullmatch(r"[0-9]{6}", written):
        return written, ()
    known = load_reference().known_codes("district_code")
    district = district_in(municipality, written, known)
    reported = file.message_type is MessageType.CONSULTATION
    if district is not None or (reported and re.fullmatch(r"[0-9A-Za-z]{1,6}", written)):
        return district or written, ()
    problem = "it is not a district of the municipality, and is sent as if it were empty"
    return None, (
        LeftOut(Part.VALUE, shown(str(file.path)), f"/{index}/bydelNr", problem, _FIX_VALUE),
    )


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


def _kind(value: object) -> str:
    if isinstance(value, dict):
        return "an object"
    return "a number" if isinstance(value, JsonNumber) else "a single value"


def _bad(path: Path, why: str) -> ExportError:
    return ExportError(f"The file {shown(str(path))} cannot be used: {why}.", what_to_do=_FIX)
