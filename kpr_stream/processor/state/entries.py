"""What a lane remembers of an output record: the only way into the ledger.

The live path and the rebuild both go through here. What is remembered follows from the last
record of each key alone, so a ledger is byte-equal after a cold rebuild, whatever compaction has
kept of the records before.

Ledger keys: ``u`` + unit key → unit state as on its topic; ``c``/``a`` + consultation or
appointment key → entry; ``n`` + natural key + consultation key → system; ``s`` + consultation
key → offset of the content that a superseded marker replaced; ``p`` + person key → identity
content hash; ``o`` + source topic index → next source offset, the highest that any
record names; ``w`` + remembered topic → next offset to read, time of the last record. Those of
releases, quarantined items and commands stand in ``remember_acts``, those of links in
``remember_links``.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence

from kpr_stream.model import topics
from kpr_stream.model.header import NO_KEY, HeaderStatus, LedgerHeader
from kpr_stream.model.output import OutputRecord
from kpr_stream.processor.decide.outcome import Known, Version
from kpr_stream.processor.state.command_entries import ACTS, acts_entries
from kpr_stream.processor.state.link_entries import CALLED_MARK, LINK_MARK, links_entries

_ENTRY = struct.Struct(">BBqqIBq16s16s16sq")
_OFFSET = struct.Struct(">q")
_WATERMARK = struct.Struct(">qq")
_NATURAL = slice(_ENTRY.size - 56, _ENTRY.size - 40)
NATURAL_MARK = b"n"
NATURAL_BYTES = 1 + len(NO_KEY)
"""Length of what the entries under one natural key begin with."""
SEARCHED = frozenset((NATURAL_MARK, LINK_MARK, CALLED_MARK))
"""Marks of entries that are looked for by mark and first key: ``NATURAL_BYTES`` of their keys."""
NOT_YET = -1
"""Offset of a record that is not on its topic yet: its batch has not committed."""

REMEMBERED = (
    topics.UNIT,
    topics.CONSULTATION,
    topics.APPOINTMENT,
    topics.SUPERSEDED,
    topics.IDENTITY,
    topics.IDENTITY_LINK,
    *ACTS,
)
"""The output topics that a ledger holds entries of. The others only tell how far a lane has come:
every delivery leaves a receipt, so the last receipts are enough."""

_KEYED = {topics.CONSULTATION: b"c", topics.APPOINTMENT: b"a"}
_PLACED = {**_KEYED, topics.SUPERSEDED: b"s"}
"""Topics whose entries end with the offset of the record they come from."""
_NATURALLY_KEYED = (HeaderStatus.LIVE, HeaderStatus.SUPERSEDED)

Entries = dict[bytes, bytes]
Read = Callable[[bytes], bytes | None]
"""What is known of a ledger key, with what the records before have put."""


def entries_of(
    topic: str,
    key: bytes,
    value: bytes | None,
    header: LedgerHeader,
    *,
    known: Read,
    offset: int = NOT_YET,
) -> Entries:
    """What to put in the ledger for a record; an empty value means: forget the key.

    ``known`` tells what was there before, for the index entries that go with it.
    """
    if topic in _KEYED:
        return _cleaned(_KEYED[topic], bytes.fromhex(key.decode()), header, known, offset)
    if topic == topics.UNIT:
        return {b"u" + key: value or b""}
    if topic == topics.SUPERSEDED:
        place = _OFFSET.pack(offset) if value else b""
        return {superseded_entry_key(bytes.fromhex(key.decode())): place}
    if topic == topics.IDENTITY:
        entry = header.content_hash if value else b""
        return {person_entry_key(bytes.fromhex(key.decode())): entry}
    if topic == topics.IDENTITY_LINK:
        return links_entries(value, header)
    return acts_entries(topic, key, value, header) if topic in ACTS else {}


def lookups_of(topic: str, key: bytes) -> tuple[bytes, ...]:
    """The ledger keys that ``entries_of`` will ask ``known`` for: read many at once."""
    return (_KEYED[topic] + bytes.fromhex(key.decode()),) if topic in _KEYED else ()


def placed(
    puts: Mapping[bytes, bytes], outputs: Iterable[OutputRecord], offsets: Sequence[int]
) -> Entries:
    """The entries of records that have been written, now that their offsets are known."""
    found: Entries = {}
    for output, offset in zip(outputs, offsets, strict=True):
        if output.topic in _PLACED:
            entry_key = _PLACED[output.topic] + bytes.fromhex(output.key.decode())
            entry = puts.get(entry_key)
            if entry:
                found[entry_key] = entry[: -_OFFSET.size] + _OFFSET.pack(offset)
    return found


def _cleaned(prefix: bytes, key: bytes, header: LedgerHeader, known: Read, offset: int) -> Entries:
    entry_key = prefix + key
    before, after = known(entry_key), _pack(header, offset)
    puts = {entry_key: b"" if header.status is HeaderStatus.ERASED else after}
    if before and before[_NATURAL] != NO_KEY:
        puts[natural_entry_key(before[_NATURAL], key)] = b""
    if header.natural_key != NO_KEY and header.status in _NATURALLY_KEYED:
        puts[natural_entry_key(header.natural_key, key)] = bytes((header.system,))
    return puts


class SourceProgress:
    """How far the source topics have been carried through, by what headers say. Output topics are
    read back one by one, so only the highest offset counts, whatever order they come in."""

    def __init__(self, known: Read) -> None:
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


def superseded_entry_key(key: bytes) -> bytes:
    """Ledger key of the content that a marker replaced."""
    return b"s" + key


def natural_entry_key(natural_key: bytes, key: bytes = b"") -> bytes:
    """Ledger key of a consultation under its natural key; without one, what all of them begin
    with."""
    return NATURAL_MARK + natural_key + key


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
    (
        status,
        system,
        extracted_at,
        sequence,
        revision,
        source_topic,
        source_offset,
        natural,
        person,
        content,
        offset,
    ) = _ENTRY.unpack(data)
    return Known(
        HeaderStatus(status),
        Version(extracted_at, sequence),
        content,
        system,
        revision,
        natural,
        person,
        (source_topic, source_offset),
        offset,
    )


def offset_of(data: bytes | None) -> int | None:
    """Where the content that a marker replaced lies; None if nothing is known."""
    return int(_OFFSET.unpack(data)[0]) if data else None


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


def _pack(header: LedgerHeader, offset: int) -> bytes:
    return _ENTRY.pack(
        header.status,
        header.system,
        header.extracted_at,
        header.sequence,
        header.revision,
        header.source_topic,
        header.source_offset,
        header.natural_key,
        header.person_key,
        header.content_hash,
        offset,
    )
