"""The ledger header: 80 fixed bytes on every output record.

A ledger is rebuilt from record keys and these headers, without decoding or decrypting a value.
Three kinds of record are kept by value: unit states, release counters and open quarantine states.

Layout, big-endian: header version u8, source topic u8 (index in SOURCE_TOPICS), source offset
i64, status u8, system u8, extracted_at i64 (ms), sequence i64, revision u32, natural key 16,
person key 16, content hash 16. A key that does not exist is sixteen zero bytes. The content hash
is an HMAC.

The source is the delivery or command that caused the record. ``system`` is the system whose
consultation or appointment the record describes (place in SYSTEMS, from 1; 0 on other records).
If system B's delivery supersedes a record of system A, the marker names B's delivery as its
source and keeps A's system, time and sequence.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from kpr_stream.errors import WireFormatError
from kpr_stream.model.delivery import SourceRecord

HEADER_NAME = "kpr-ledger"
HEADER_VERSION = 1
NO_KEY = bytes(16)

_LAYOUT = struct.Struct(">BBqBBqqI16s16s16s")
HEADER_BYTES = _LAYOUT.size
_STATUS_AND_REVISION = struct.Struct(">10xB17xI")
"""The same layout with all but two fields left out: a sink reads them of every record."""


class HeaderStatus(IntEnum):
    """What the record says about its key."""

    OTHER = 0  # no status: receipts, unit and release states, quarantined items, results
    LIVE = 1
    DELETED = 2
    SUPERSEDED = 3
    ERASED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerHeader:
    """What a ledger keeps of a record. Times in ms since 1970, keys of 16 bytes."""

    source_topic: int
    source_offset: int
    status: HeaderStatus = HeaderStatus.OTHER
    extracted_at: int = 0
    sequence: int = 0
    natural_key: bytes = NO_KEY
    person_key: bytes = NO_KEY
    content_hash: bytes = NO_KEY
    system: int = 0
    revision: int = 0
    """Number of records written for a key since its own system last reported it: 0 is the report
    itself, 1 the first record that another delivery or a command caused. Time, sequence and
    revision are the version of a record, and no version is written twice."""

    @classmethod
    def caused_by(
        cls,
        source: SourceRecord,
        status: HeaderStatus = HeaderStatus.OTHER,
        *,
        extracted_at: int = 0,
        sequence: int = 0,
        natural_key: bytes = NO_KEY,
        person_key: bytes = NO_KEY,
        content_hash: bytes = NO_KEY,
        system: int = 0,
        revision: int = 0,
    ) -> LedgerHeader:
        """Return the header of a record that a delivery or command causes."""
        return cls(
            source_topic=source.topic_index,
            source_offset=source.offset,
            status=status,
            extracted_at=extracted_at,
            sequence=sequence,
            natural_key=natural_key,
            person_key=person_key,
            content_hash=content_hash,
            system=system,
            revision=revision,
        )

    def pack(self) -> bytes:
        """The 80 bytes."""
        return _LAYOUT.pack(
            HEADER_VERSION,
            self.source_topic,
            self.source_offset,
            self.status,
            self.system,
            self.extracted_at,
            self.sequence,
            self.revision,
            self.natural_key,
            self.person_key,
            self.content_hash,
        )


class PackedHeader(LedgerHeader):
    """A header that was made as its 80 bytes, with those of many other records.

    Most are only sent on as bytes. A field is unpacked where one is read.
    """

    __slots__ = ("packed",)

    def __init__(self, packed: bytes) -> None:
        object.__setattr__(self, "packed", packed)

    def pack(self) -> bytes:
        """See LedgerHeader."""
        data: bytes = self.packed
        return data

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - called for the fields, which are unset
        if name not in LedgerHeader.__slots__:
            raise AttributeError(name)
        return getattr(unpack(self.packed), name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LedgerHeader) and self.pack() == other.pack()

    def __hash__(self) -> int:
        return hash(unpack(self.packed))

    def __repr__(self) -> str:
        return repr(unpack(self.packed))


def unpack(data: bytes) -> LedgerHeader:
    """Read a header; WireFormatError if it is of another length, version or status."""
    if len(data) != HEADER_BYTES or data[0] != HEADER_VERSION:
        raise _unreadable()
    (
        _,
        topic,
        offset,
        status,
        system,
        extracted,
        sequence,
        revision,
        natural,
        person,
        content,
    ) = _LAYOUT.unpack(data)
    try:
        known = HeaderStatus(status)
    except ValueError:
        raise _unreadable() from None
    return LedgerHeader(
        source_topic=topic,
        source_offset=offset,
        status=known,
        extracted_at=extracted,
        sequence=sequence,
        natural_key=natural,
        person_key=person,
        content_hash=content,
        system=system,
        revision=revision,
    )


def status_and_revision(data: bytes) -> tuple[int, int]:
    """Read only status and revision; WireFormatError if it is of another length or version."""
    if len(data) != HEADER_BYTES or data[0] != HEADER_VERSION:
        raise _unreadable()
    status, revision = _STATUS_AND_REVISION.unpack_from(data)
    return status, revision


def source_topic(data: bytes) -> int:
    """Read only the index of the source's topic; 255 where there is no header to read."""
    return data[1] if len(data) == HEADER_BYTES else 255


def _unreadable() -> WireFormatError:
    return WireFormatError(
        f"A ledger header is not the {HEADER_BYTES} bytes of version {HEADER_VERSION}.",
        what_to_do="Only the processor of this or an earlier release may write output topics.",
        code="UNDECODABLE",
    )
