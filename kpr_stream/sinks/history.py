"""Pick the records of a batch that are kept as versions: all of them, but for erased keys. Pure.

Two records erase what came before them. A tombstone erases a key. A marker whose ledger header says
LIVE is the record of an erased person: the header hides the erasure from outcomes and receipts, and
the register must not keep the person's earlier content. A deleted or superseded item has a marker
whose header says so; its earlier versions stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kpr_stream.errors import WireFormatError
from kpr_stream.kafka.foreign import foreign_record
from kpr_stream.model.header import HEADER_NAME, HeaderStatus, status_and_revision
from kpr_stream.model.words import RecordStatus
from kpr_stream.sinks.latest import SinkRecord

Key = tuple[int, bytes | None]
"""Partition and key: offsets compare within one partition only."""


@dataclass(frozen=True, slots=True)
class History:
    """What a batch adds to the versions, in offset order, and which keys lose earlier ones."""

    versions: list[SinkRecord]
    erasures: list[SinkRecord]

    @property
    def forgotten(self) -> list[SinkRecord]:
        """Return the erasures that no version of the key follows."""
        if not self.erasures:
            return []
        following = {(record.partition, record.key) for record in self.versions}
        return [r for r in self.erasures if (r.partition, r.key) not in following]


def since_tombstones(records: Iterable[SinkRecord]) -> History:
    """Return the records after the last tombstone of their key, and those tombstones."""
    gone: dict[Key, SinkRecord] = {}
    valued: list[SinkRecord] = []
    for record in records:
        if record.value is None:
            gone[record.partition, record.key] = record
        else:
            valued.append(record)
    return History(_later(valued, gone), list(gone.values()))


def since_erased_persons(found: History, statuses: Sequence[str], topic: str) -> History:
    """Return the same without the earlier versions of persons that were erased in between.

    ``statuses`` are those of the versions' values. WireFormatError names a record whose ledger
    header cannot be read.
    """
    gone = {
        (record.partition, record.key): record
        for record, status in zip(found.versions, statuses, strict=True)
        if is_of_erased_person(record, status, topic)
    }
    if not gone:
        return found
    kept = _later(found.versions, gone, inclusive=True)
    return History(kept, [*found.erasures, *gone.values()])


def is_of_erased_person(record: SinkRecord, status: str, topic: str) -> bool:
    """Return whether a record is the marker of an erased person. ``status`` is its value's."""
    is_deleted = status == RecordStatus.DELETED.value
    return is_deleted and header_of(record, topic)[0] == HeaderStatus.LIVE


def header_of(record: SinkRecord, topic: str) -> tuple[int, int]:
    """Return status and revision in a record's ledger header; WireFormatError names the record."""
    name, packed = record.headers[0]
    if name != HEADER_NAME:
        packed = next(value for name, value in record.headers if name == HEADER_NAME)
    try:
        return status_and_revision(packed)
    except WireFormatError as cause:
        raise foreign_record((topic, record.partition, record.offset), cause.message) from None


def _later(
    records: Iterable[SinkRecord], gone: dict[Key, SinkRecord], *, inclusive: bool = False
) -> list[SinkRecord]:
    if not gone:
        return list(records)
    kept = []
    for record in records:
        erased = gone.get((record.partition, record.key))
        if (
            erased is None
            or record.offset > erased.offset
            or (inclusive and record.offset == erased.offset)
        ):
            kept.append(record)
    return kept
