"""The ledger header: 80 fixed bytes on every output record.

A ledger is rebuilt from record keys and these headers alone (and from the values of the unit
topic, which are the unit states themselves), without decoding or decrypting anything else.

Layout, big-endian: header version u8, source topic u8 (index in SOURCE_TOPICS), source offset
i64, status u8, system u8, extracted_at i64 (ms), sequence i64, revision u32, natural key 16,
person key 16, content hash 16. A key that does not exist is sixteen zero bytes. The content hash
is an HMAC.

The source is whatever caused the record; ``system`` is whose consultation or appointment it is
(its place in SYSTEMS, from 1; 0 on other records). A marker that another system's delivery causes
names that delivery as its source and keeps the system, time and sequence of its own content.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

from kpr_stream.errors import WireFormatError

HEADER_NAME = "kpr-ledger"
HEADER_VERSION = 1
NO_KEY = bytes(16)

_LAYOUT = struct.Struct(">BBqBBqqI16s16s16s")
HEADER_BYTES = _LAYOUT.size


class HeaderStatus(IntEnum):
    """What the record says about its key."""

    OTHER = 0  # receipts, unit states, quarantine: nothing is remembered by key
    LIVE = 1
    DELETED = 2
    SUPERSEDED = 3
    ERASED = 4


@dataclass(frozen=True, slots=True)
class LedgerHeader:
    """What a lane must remember of a record. Times in ms since 1970, keys of 16 bytes."""

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
    """Counts what was written for a key since its system last said anything about it: 0 is the
    statement itself, 1 the first record that somebody else caused. With time and sequence it is
    the version of a record, and no version is written twice."""

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
        topic, offset, known, extracted, sequence, natural, person, content, system, revision
    )


def _unreadable() -> WireFormatError:
    return WireFormatError(
        f"A ledger header is not the {HEADER_BYTES} bytes of version {HEADER_VERSION}.",
        what_to_do="Only the processor of this or an earlier release may write output topics.",
        code="UNDECODABLE",
    )
