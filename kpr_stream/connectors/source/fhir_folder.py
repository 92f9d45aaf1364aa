"""A folder of FHIR snapshots as a source (docs/vendor/fhir.md).

Every snapshot gives everything. What changed is found by fingerprints, and what is absent is not
deleted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Final

from kpr_stream.connectors.export.left_out import LeftOut
from kpr_stream.connectors.export.names import (
    NamedFile,
    as_text,
    is_snapshot_name,
    parse_snapshot_name,
    require_usable_extraction,
    shown,
)
from kpr_stream.connectors.export.reader import (
    SIDECAR,
    file_order,
    require_folder,
    software_version_in,
    unlisted,
)
from kpr_stream.connectors.fhir.rules import FhirRules
from kpr_stream.connectors.fhir.snapshot import KINDS, FhirChunk, FhirItem, FhirSnapshot, local_id
from kpr_stream.connectors.fhir.split import bundle_entries, ndjson_entries, refused
from kpr_stream.connectors.fhir.units import FhirUnit
from kpr_stream.connectors.source.interface import (
    DocumentSeries,
    Extent,
    Fingerprint,
    ItemPlace,
    Made,
    Pending,
    Removal,
    UnitPart,
    extent_of,
)
from kpr_stream.errors import ExportError
from kpr_stream.model.files import open_regular_file
from kpr_stream.model.words import MessageType

ENDINGS: Final = (".json", ".ndjson")
NOT_RESOURCES: Final = ("manifest.json", SIDECAR)
"""Files beside the resources of a bulk export."""
DIGEST_BYTES: Final = 1024 * 1024
"""Bytes read at a time for the digest of a file."""


@dataclass(frozen=True, slots=True)
class FhirFolder:
    """Reads snapshots. ``key`` is that of the fingerprints; ``synthetic_units``: a test environment
    takes them."""

    folder: Path
    rules: FhirRules
    key: bytes
    synthetic_units: bool

    @property
    def kind(self) -> str:
        """Return what is read, for people."""
        return "FHIR R4 snapshots, recognised by what the files hold"

    def series(self) -> list[DocumentSeries]:
        """Return the snapshots of the folder, and of the units' folders in it."""
        try:
            require_folder(self.folder)
            below = sorted(path for path in self.folder.iterdir() if _is_folder_of_snapshots(path))
        except OSError as cause:
            raise unlisted(self.folder, cause) from None
        found = [self._series(one) for one in (self.folder, *below)]
        return [one for one in found if one.pending or one.unreadable]

    def _series(self, folder: Path) -> DocumentSeries:
        try:
            paths = sorted((path for path in folder.iterdir() if _is_offered(path)), key=file_order)
        except OSError as cause:
            return DocumentSeries((), "", unreadable=unlisted(folder, cause))
        version, left_out = software_version_in(folder, self.folder)
        pending = tuple(
            Pending(shown(str(path)), partial(self._open, path), path) for path in paths
        )
        return DocumentSeries(pending, version, left_out)

    def _open(self, path: Path) -> _FhirDocument:
        file = parse_snapshot_name(path)
        files = _files(path)
        name = as_text(path.relative_to(self.folder).as_posix())
        snapshot = FhirSnapshot(self.rules, self.key, self.synthetic_units)
        return _FhirDocument(name, _digest(files), file, files, snapshot)


@dataclass(frozen=True, slots=True)
class _FhirDocument:
    name: str
    digest: str
    file: NamedFile
    files: Sequence[Path]
    snapshot: FhirSnapshot

    @property
    def whole(self) -> bool:
        return False

    @property
    def span(self) -> Extent:
        return extent_of(self.file)

    def require_usable(self, *, now_ms: int) -> None:
        require_usable_extraction(self.file, now_ms=now_ms)

    def close(self) -> None:
        self.snapshot.index.close()

    def parts(self, units: AbstractSet[str] | None) -> Iterator[UnitPart]:
        # The whole snapshot is read before anything of it is used: a fault refuses all of it.
        for path in self.files:
            with _opened(path) as stream:
                entries = ndjson_entries if path.suffix == ".ndjson" else bundle_entries
                self.snapshot.read(entries(stream, shown(str(path))))
        self.snapshot.assign()
        apart = tuple(self.snapshot.left_out)
        for unit in self.snapshot.wanted_units(units):
            for kind, message_type in KINDS.items():
                for chunk in self.snapshot.chunks(unit, kind):
                    yield self._part(unit, message_type, chunk, apart)
                    apart = ()
        if apart:
            raise ExportError(
                f"Nothing of {shown(str(self.file.path))} can be sent: {apart[0].message}",
                what_to_do=apart[0].what_to_do,
            )

    def removals(self) -> Iterator[Sequence[Removal]]:
        for chunk in self.snapshot.removals():
            yield [
                Removal(
                    kind,
                    ItemPlace(one.file, one.pointer),
                    Fingerprint(one.resource, None, one.digest),
                )
                for kind, one in chunk
            ]

    def _part(
        self,
        unit: FhirUnit,
        message_type: MessageType,
        chunk: Callable[[], FhirChunk],
        left_out: tuple[LeftOut, ...],
    ) -> UnitPart:
        return UnitPart(
            org_nr=unit.org_nr,
            municipality_code=unit.municipality_code,
            district_code=unit.district_code,
            message_type=message_type,
            place=ItemPlace(unit.place.file, unit.place.pointer),
            make=lambda: _made(chunk(), message_type),
            left_out=left_out,
        )


def _made(chunk: FhirChunk, message_type: MessageType) -> Made:
    items = chunk.items
    return Made(
        [one.item for one in items],
        lambda at: ItemPlace(items[at].file, items[at].pointer),
        [_print(one, message_type) for one in items],
        chunk.left_out,
        chunk.unmapped,
    )


def _print(one: FhirItem, message_type: MessageType) -> Fingerprint:
    return Fingerprint(one.resource, local_id(message_type, one.item), one.digest)


def _is_folder_of_snapshots(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith(".") and not is_snapshot_name(path.name)


def _is_offered(path: Path) -> bool:
    """Return whether something in a folder is a snapshot, or is meant to be one."""
    if path.name.startswith(".") or path.name == SIDECAR:
        return False
    return is_snapshot_name(path.name) or (path.suffix in ENDINGS and not path.is_dir())


def _files(path: Path) -> list[Path]:
    """Return the files of a snapshot, in order; ExportError if it has none."""
    try:
        if not path.is_dir():
            return [path]
        found = [
            one
            for one in sorted(path.iterdir())
            if one.suffix in ENDINGS
            and one.name not in NOT_RESOURCES
            and not one.name.startswith(".")
        ]
    except OSError as cause:
        raise unlisted(path, cause) from None
    if not found:
        raise refused(shown(str(path)), "it holds no file *.json or *.ndjson")
    return found


def _digest(files: Sequence[Path]) -> str:
    """Return the digest that recognises a snapshot: of each file's name and bytes."""
    found = hashlib.sha256()
    for path in files:
        found.update(as_text(path.name).encode() + b"\0")
        with _opened(path) as stream:
            one = hashlib.sha256()
            while data := _read(stream, path):
                one.update(data)
        found.update(one.digest())
    return found.hexdigest()


def _opened(path: Path) -> IO[bytes]:
    try:
        return open_regular_file(path)
    except OSError as cause:
        raise _unreadable(path, cause) from None


def _read(stream: IO[bytes], path: Path) -> bytes:
    try:
        return stream.read(DIGEST_BYTES)
    except OSError as cause:
        raise _unreadable(path, cause) from None


def _unreadable(path: Path, cause: OSError) -> ExportError:
    return refused(shown(str(path)), f"it cannot be read: {cause.strerror}")
