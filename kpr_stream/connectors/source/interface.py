"""Say what a source of items gives: series of documents, and of each document its units' items.

A source reads and maps. It numbers, seals and keeps nothing: ``ingest`` does, the same way for
every source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple, Protocol

from kpr_stream.connectors.export.left_out import LeftOut
from kpr_stream.connectors.export.names import NamedFile
from kpr_stream.connectors.mapping.items import Item
from kpr_stream.connectors.mapping.unmapped import UnmappedCode
from kpr_stream.errors import ExportError
from kpr_stream.model.words import MessageType


class ItemPlace(NamedTuple):
    """Where an item is: a file (or document) by its shown name, and a JSON pointer into it."""

    file: str
    pointer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """The days that a document covers, and when it was extracted (ms since 1970)."""

    period_from: date
    period_to: date
    extracted_at: int


def extent_of(file: NamedFile) -> Extent:
    """Return the extent that a name describes."""
    return Extent(
        period_from=file.period_from, period_to=file.period_to, extracted_at=file.extracted_at
    )


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Recognises an item that was sent before, in a source that gives everything each time.

    ``digest`` is a keyed hash of the item and its version. ``local_id`` and the resource's own name
    find the item again when a deletion names the resource alone.
    """

    resource: str
    local_id: str | None
    digest: bytes


@dataclass(frozen=True, slots=True)
class Made:
    """The items of a part, in the order of sending, with one fingerprint each, or none at all."""

    items: Sequence[Item]
    place_of: Callable[[int], ItemPlace]
    prints: Sequence[Fingerprint] = ()
    left_out: tuple[LeftOut, ...] = ()
    """What was left out while the items were made."""
    unmapped: Mapping[UnmappedCode, int] = field(default_factory=dict)
    """Codes that no row maps and that no item carries."""


@dataclass(frozen=True, slots=True)
class Removal:
    """A resource that is deleted and named alone: its unit is the one that it was sent for."""

    message_type: MessageType
    place: ItemPlace
    print: Fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPart:
    """What a document holds of one unit and one message type."""

    org_nr: str
    municipality_code: str
    district_code: str | None
    message_type: MessageType
    place: ItemPlace
    """Of the unit in the document."""
    make: Callable[[], Made]
    """Map the items. An unforeseen error in it stops this unit only."""
    left_out: tuple[LeftOut, ...] = ()


class Document(Protocol):
    """One thing that is extracted at one time. A done one is recognised by name and digest."""

    @property
    def name(self) -> str:
        """Return the name by which the outbox knows the document."""

    @property
    def digest(self) -> str:
        """Return the SHA-256 of its bytes, in hexadecimal."""

    @property
    def span(self) -> Extent:
        """Return period and time of extraction."""

    @property
    def whole(self) -> bool:
        """Return whether all parts are kept at once (True), or each as soon as it is read.

        Parts that are kept one by one need fingerprints: a run that was interrupted reads the
        document again and sends only the rest.
        """

    def require_usable(self, *, now_ms: int) -> None:
        """Raise ExportError if the time of extraction cannot be true."""

    def parts(self, units: AbstractSet[str] | None) -> Iterator[UnitPart]:
        """Yield the parts of these units, or of all; ExportError if the document is unreadable."""

    def removals(self) -> Iterator[Sequence[Removal]]:
        """Yield what is deleted without naming its unit, in chunks."""

    def close(self) -> None:
        """Release what reading needed."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A document that is not opened yet."""

    shown: str
    """Its name in messages."""
    open: Callable[[], Document]
    """Open it; ExportError if it cannot be used."""
    path: Path | None = None
    """The file or folder, if it is one."""


@dataclass(frozen=True, slots=True)
class DocumentSeries:
    """Documents that are sent in order. A document that cannot be used stops its own series."""

    pending: tuple[Pending, ...]
    software_version: str
    left_out: tuple[LeftOut, ...] = ()
    unreadable: ExportError | None = None
    """Why there are no documents."""
    failed: set[str] = field(default_factory=set, compare=False)
    """Units that failed in it: none of their later documents is read in the same run."""


class Source(Protocol):
    """Where items come from."""

    @property
    def kind(self) -> str:
        """Return what is read, for people."""

    def series(self) -> list[DocumentSeries]:
        """Return what there is now; UsageError or ExportError if nothing can be listed."""
