"""What a lane remembers of an output record: the only way into the ledger.

The live path and the rebuild both go through here, so a ledger is byte-equal after a cold
rebuild by construction.

Ledger keys: ``u`` + unit key → unit state as on its topic; ``c``/``a`` + consultation or
appointment key → entry; ``p`` + person key → identity content hash; ``o`` + source topic index →
next source offset, the highest that any record names; ``w`` + remembered topic → next offset to
read, time of the last record.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from kpr_stream.model import topics
from kpr_stream.processor.decide import Known, Version
from kpr_stream.processor.remember_acts import ACTS, acts_entries
from kpr_stream.schemas.header import HeaderStatus, LedgerHeader

_ENTRY = struct.Struct(">Bqq16s16s16s")
_OFFSET = struct.Struct(">q")
_WATERMARK = struct.Struct(">qq")

REMEMBERED = (topics.UNIT, topics.CONSULTATION, topics.APPOINTMENT, topics.IDENTITY, *ACTS)
"""The output topics that a ledger holds entries of. The others only tell how far a lane has come:
every delivery leaves a receipt, so the last receipts are enough."""

_KEYED = {topics.CONSULTATION: b"c", topics.APPOINTMENT: b"a"}

Entries = dict[bytes, bytes]


def entries_of(topic: str, key: bytes, value: bytes | None, header: LedgerHeader) -> Entries:
    """What to put in the ledger for a record; an empty value means: forget the key."""
    puts: Entries = {}
    if topic in _KEYED:
        entry = b"" if header.status is HeaderStatus.ERASED else _pack(header)
        puts[_KEYED[topic] + bytes.fromhex(key.decode())] = entry
    elif topic == topics.UNIT:
        puts[b"u" + key] = value or b""
    elif topic == topics.IDENTITY:
        puts[person_entry_key(bytes.fromhex(key.decode()))] = header.content_hash
    elif topic in ACTS:
        puts = acts_entries(topic, key, value, header)
    return puts


class SourceProgress:
    """How far the source topics have been carried through, by what headers say. Output topics are
    read back one by one, so only the highest offset counts, whatever order they come in."""

    def __init__(self, known: Callable[[bytes], bytes | None]) -> None:
        self._known = known
        self._next: dict[int, int] = {}

    def note(self, header: LedgerHeader) -> None:
        """Take a header into account."""
        index = header.source_topic
        if index not in self._next:
            self._next[index] = read_offset(self._known(source_key(index)))
        self._next[index] = max(self._next[index], header.source_offset + 1)

    def entries(self) -> Entries:
        """What to put in the ledger."""
        return {source_key(index): _OFFSET.pack(offset) for index, offset in self._next.items()}


def consultation_entry_key(key: bytes) -> bytes:
    """Ledger key of a consultation."""
    return b"c" + key


def appointment_entry_key(key: bytes) -> bytes:
    """Ledger key of an appointment."""
    return b"a" + key


def unit_entry_key(key: bytes) -> bytes:
    """Ledger key of a unit's state."""
    return b"u" + key


def person_entry_key(key: bytes) -> bytes:
    """Ledger key of an identity."""
    return b"p" + key


def source_key(topic_index: int) -> bytes:
    """Ledger key of the next offset of a source topic."""
    return b"o" + bytes((topic_index,))


def watermark_key(topic: str) -> bytes:
    """Ledger key of an output topic's watermark."""
    return b"w" + topic.encode()


def read_entry(data: bytes) -> Known:
    """What is known of a consultation or appointment."""
    status, extracted_at, sequence, _natural, _person, content_hash = _ENTRY.unpack(data)
    return Known(HeaderStatus(status), Version(extracted_at, sequence), content_hash)


def read_offset(data: bytes | None) -> int:
    """A next source offset; 0 if nothing is known."""
    return int(_OFFSET.unpack(data)[0]) if data else 0


def watermark(next_offset: int, timestamp: int) -> bytes:
    """A watermark: the next offset to read, and the time (ms) of the last record before it."""
    return _WATERMARK.pack(next_offset, timestamp)


def read_watermark(data: bytes | None) -> tuple[int, int]:
    """(next offset, time in ms); (0, 0) if nothing is known."""
    if not data:
        return 0, 0
    next_offset, timestamp = _WATERMARK.unpack(data)
    return int(next_offset), int(timestamp)


def _pack(header: LedgerHeader) -> bytes:
    return _ENTRY.pack(
        header.status,
        header.extracted_at,
        header.sequence,
        header.natural_key,
        header.person_key,
        header.content_hash,
    )
