"""Ledger entries of every output record: the only way into the ledger. Pure.

The live path and the rebuild both call ``entries_of``. The entries follow from the last record of
each key alone, so a ledger is byte-equal after a cold rebuild, however much compaction removed.

Ledger keys: ``u`` + unit key → unit state, the value of its record; ``c``/``a`` + consultation or
appointment key → its newest record; ``n`` + natural key + consultation key → system; ``s`` +
consultation key → offset of the content that a superseded marker replaced; ``p`` + person key →
content hash of the identity record; ``o`` + source topic index → next source offset, one more
than the highest that any record names; ``w`` + ledger topic → next offset to read, time of the
last record; ``i`` + ledger topic → id of the topic that was read. The keys of releases, quarantined
items and commands are listed in ``command_entries``, those of links in ``link_entries``.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence

from kpr_stream.model import topics
from kpr_stream.model.header import NO_KEY, HeaderStatus, LedgerHeader
from kpr_stream.model.output import OutputRecord
from kpr_stream.processor.state.command_entries import COMMAND_TOPICS, command_entries
from kpr_stream.processor.state.known import UNCOMMITTED, ContentVersion, KnownRecord
from kpr_stream.processor.state.link_entries import LINK_MARK, LOCAL_ID_MARK, link_entries

_ENTRY = struct.Struct(">BBqqIBq16s16s16sq")
_OFFSET = struct.Struct(">q")
_WATERMARK = struct.Struct(">qq")
_NATURAL = slice(_ENTRY.size - 56, _ENTRY.size - 40)
NATURAL_MARK = b"n"
NATURAL_BYTES = 1 + len(NO_KEY)
"""Length of the prefix that all entries under one natural key share."""
SEARCHED = frozenset((NATURAL_MARK, LINK_MARK, LOCAL_ID_MARK))
"""Marks of entries that are searched by mark and first key: ``NATURAL_BYTES`` of their keys."""

LEDGER_TOPICS = (
    topics.UNIT,
    topics.CONSULTATION,
    topics.APPOINTMENT,
    topics.SUPERSEDED,
    topics.IDENTITY,
    topics.IDENTITY_LINK,
    *COMMAND_TOPICS,
)
"""The output topics that a ledger holds entries of. The other output topics only show how far a
lane has come: every delivery leaves a receipt, so the last receipts are enough."""

_KEYED = {topics.CONSULTATION: b"c", topics.APPOINTMENT: b"a"}
_WITH_OFFSET = {**_KEYED, topics.SUPERSEDED: b"s"}
"""Topics whose entries end with the offset of the record itself."""
_NATURALLY_KEYED = (HeaderStatus.LIVE, HeaderStatus.SUPERSEDED)

Entries = dict[bytes, bytes]
Read = Callable[[bytes], bytes | None]
"""Looks up a ledger key, the entries of earlier records included."""


def entries_of(
    topic: str,
    key: bytes,
    value: bytes | None,
    header: LedgerHeader,
    *,
    known: Read,
    offset: int = UNCOMMITTED,
) -> Entries:
    """Return the ledger entries of a record; an empty value deletes its key.

    ``known`` looks up the entry of the key's last record, whose index entries have to go.
    """
    if topic in _KEYED:
        return _cleaned(_KEYED[topic], bytes.fromhex(key.decode()), header, known, offset)
    if topic == topics.UNIT:
        return {b"u" + key: value or b""}
    if topic == topics.SUPERSEDED:
        entry = _OFFSET.pack(offset) if value else b""
        return {superseded_entry_key(bytes.fromhex(key.decode())): entry}
    if topic == topics.IDENTITY:
        entry = header.content_hash if value else b""
        return {person_entry_key(bytes.fromhex(key.decode())): entry}
    if topic == topics.IDENTITY_LINK:
        return link_entries(value, header)
    return command_entries(topic, key, value, header) if topic in COMMAND_TOPICS else {}


def lookups_of(topic: str, key: bytes) -> tuple[bytes, ...]:
    """Return the ledger keys that ``entries_of`` looks up, for reading many at once."""
    return (_KEYED[topic] + bytes.fromhex(key.decode()),) if topic in _KEYED else ()


def with_offsets(
    puts: Mapping[bytes, bytes], outputs: Iterable[OutputRecord], offsets: Sequence[int]
) -> Entries:
    """Return the entries of written records again, with the offsets that the broker gave them."""
    found: Entries = {}
    for output, offset in zip(outputs, offsets, strict=True):
        if output.topic in _WITH_OFFSET:
            entry_key = _WITH_OFFSET[output.topic] + bytes.fromhex(output.key.decode())
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
    """How far a lane has processed its source topics, as headers say.

    Output topics are read back one by one, so only the highest offset counts, in any order.
    """

    def __init__(self, known: Read) -> None:
        self._known = known
        self._next: dict[int, int] = {}

    def note(self, header: LedgerHeader) -> None:
        """Take the source of a header into account."""
        index = header.source_topic
        if index not in self._next:
            self._next[index] = read_offset(self._known(source_key(index)))
        self._next[index] = max(self._next[index], header.source_offset + 1)

    def entries(self) -> Entries:
        """Return the next offset of each source topic, as ledger entries."""
        return {source_key(index): _OFFSET.pack(offset) for index, offset in self._next.items()}


def consultation_entry_key(key: bytes) -> bytes:
    """Return the ledger key of a consultation."""
    return b"c" + key


def appointment_entry_key(key: bytes) -> bytes:
    """Return the ledger key of an appointment."""
    return b"a" + key


def superseded_entry_key(key: bytes) -> bytes:
    """Return the ledger key of the content that a superseded marker replaced."""
    return b"s" + key


def natural_entry_key(natural_key: bytes, key: bytes = b"") -> bytes:
    """Return the ledger key of a consultation under its natural key; without a consultation key,
    the prefix of all."""
    return NATURAL_MARK + natural_key + key


def unit_entry_key(key: bytes) -> bytes:
    """Return the ledger key of a unit's state."""
    return b"u" + key


def person_entry_key(key: bytes) -> bytes:
    """Return the ledger key of an identity record."""
    return b"p" + key


def source_key(topic_index: int) -> bytes:
    """Return the ledger key of a source topic's next offset."""
    return b"o" + bytes((topic_index,))


def watermark_key(topic: str) -> bytes:
    """Return the ledger key of an output topic's watermark."""
    return b"w" + topic.encode()


def id_entries(ids: Mapping[str, str]) -> Entries:
    """Return the entries of the ids of the ledger topics: a ledger is a cache of these topics."""
    return {b"i" + topic.encode(): ids[topic].encode() for topic in LEDGER_TOPICS}


def read_ids(known: Read) -> dict[str, str]:
    """Return the ids of the topics that a ledger was read from, as far as it knows them."""
    found = ((topic, known(b"i" + topic.encode())) for topic in LEDGER_TOPICS)
    return {topic: topic_id.decode() for topic, topic_id in found if topic_id}


def read_entry(data: bytes) -> KnownRecord:
    """Return the newest record of a consultation or appointment."""
    status, system, extracted_at, sequence, revision, *rest = _ENTRY.unpack(data)
    source_topic, source_offset, natural_key, person_key, content_hash, offset = rest
    return KnownRecord(
        status=HeaderStatus(status),
        version=ContentVersion(extracted_at, sequence),
        content_hash=content_hash,
        system=system,
        revision=revision,
        natural_key=natural_key,
        person_key=person_key,
        source=(source_topic, source_offset),
        offset=offset,
    )


def offset_of(data: bytes | None) -> int | None:
    """Return the offset of the content that a superseded marker replaced; None if there is none."""
    return int(_OFFSET.unpack(data)[0]) if data else None


def read_offset(data: bytes | None) -> int:
    """Return a next source offset; 0 if the ledger holds none."""
    return int(_OFFSET.unpack(data)[0]) if data else 0


def watermark(next_offset: int, timestamp: int) -> bytes:
    """Pack a watermark: next offset to read, and time (ms) of the last record before it."""
    return _WATERMARK.pack(next_offset, timestamp)


def read_watermark(data: bytes | None) -> tuple[int, int]:
    """Return (next offset, time in ms); (0, 0) if the ledger holds none."""
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
