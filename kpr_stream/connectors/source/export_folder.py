"""The folder of the export format as a source: one document a file, kept whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kpr_stream.connectors.export import reader as read
from kpr_stream.connectors.export.names import as_text, require_usable_extraction, shown
from kpr_stream.connectors.mapping import items as mapping
from kpr_stream.connectors.mapping.profile import Profile
from kpr_stream.connectors.source.interface import (
    DocumentSeries,
    Extent,
    ItemPlace,
    Made,
    Pending,
    Removal,
    UnitPart,
    extent_of,
)


@dataclass(frozen=True, slots=True)
class ExportFolder:
    """Reads docs/vendor/export-format.md. ``synthetic_units``: a test environment takes them."""

    folder: Path
    profile: Profile
    synthetic_units: bool

    @property
    def kind(self) -> str:
        """Return what is read, for people."""
        return "files of the export format"

    def series(self) -> list[DocumentSeries]:
        """Return every file there is now, in the order of sending."""
        return [
            DocumentSeries(
                tuple(
                    Pending(shown(str(path)), partial(self._open, path), path) for path in one.paths
                ),
                one.software_version,
                one.left_out,
                one.unreadable,
            )
            for one in read.find_series(self.folder)
        ]

    def _open(self, path: Path) -> _ExportDocument:
        file = read.parse_name(path)
        # The digest first: a done file is recognised by its bytes, without parsing them.
        data = read.read_bytes(path)
        name = as_text(path.relative_to(self.folder).as_posix())
        return _ExportDocument(
            name, read.digest_of(data), file, data, self.profile, self.synthetic_units
        )


@dataclass(frozen=True, slots=True)
class _ExportDocument:
    name: str
    digest: str
    file: read.ExportFile
    data: bytes
    profile: Profile
    synthetic_units: bool

    @property
    def whole(self) -> bool:
        return True

    @property
    def span(self) -> Extent:
        return extent_of(self.file)

    def require_usable(self, *, now_ms: int) -> None:
        require_usable_extraction(self.file, now_ms=now_ms)

    def close(self) -> None:
        pass

    def removals(self) -> Iterator[Sequence[Removal]]:
        return iter(())

    def parts(self, units: AbstractSet[str] | None) -> Iterator[UnitPart]:
        found = read.units_of(self.file, self.data, synthetic_units=self.synthetic_units)
        for index, unit in enumerate(found):
            if units is None or unit.org_nr in units:
                yield UnitPart(
                    org_nr=unit.org_nr,
                    municipality_code=unit.municipality_code,
                    district_code=unit.district_code,
                    message_type=self.file.message_type,
                    place=ItemPlace(shown(str(self.file.path)), f"/{index}"),
                    make=partial(self._made, index, unit),
                    left_out=unit.left_out,
                )

    def _made(self, index: int, unit: read.UnitExport) -> Made:
        kind = self.file.message_type
        deletions = [mapping.map_deletion(kind, one) for one in unit.deletions]
        upserts = list(map(mapping.upsert_mapper(kind, self.profile), unit.upserts))
        return Made([*deletions, *upserts], self._place_in(index, unit))

    def _place_in(self, index: int, unit: read.UnitExport) -> Callable[[int], ItemPlace]:
        file, kind = shown(str(self.file.path)), self.file.message_type
        return lambda at: ItemPlace(file, unit.pointer_to(kind, index, at))
