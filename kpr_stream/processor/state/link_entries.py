"""What a lane remembers of links: part of ``remember``. Pure.

Ledger keys: ``l`` + evidence key + the two person keys → whether the link stands; ``h`` + local
person key + person key → what is known of that id of the local person.

A record on ``kpr.hst.identity-link`` has both keys in its header: the person key, and the other in
the place of the natural key. Where it is a unit's own id, the header names the unit's system, and
the hash is that of the birth date; else the system is 0, and in place of the hash stands the
evidence key: an item's, a local person's, or NO_KEY for what an operator said.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from kpr_stream.model.header import HeaderStatus, LedgerHeader
from kpr_stream.model.link import Pair
from kpr_stream.model.person_id import KEY_BYTES
from kpr_stream.processor.decide.links import Called
from kpr_stream.processor.decide.outcome import Version

LINK_MARK = b"l"
CALLED_MARK = b"h"
_CALLED = struct.Struct(">qq16s")
_FIRST = slice(1 + KEY_BYTES, 1 + 2 * KEY_BYTES)
_SECOND = slice(1 + 2 * KEY_BYTES, 1 + 3 * KEY_BYTES)


def links_entries(value: bytes | None, header: LedgerHeader) -> dict[bytes, bytes]:
    """What to put in the ledger for a record of a link; an empty value means: forget the key."""
    if header.system:
        entry_key = called_entry_key(header.natural_key, header.person_key)
        entry = _CALLED.pack(header.extracted_at, header.sequence, header.content_hash)
    else:
        pair = Pair(header.person_key, header.natural_key)
        entry_key = link_entry_key(header.content_hash, pair)
        entry = bytes((header.status,))
    return {entry_key: entry if value else b""}


def link_entry_key(evidence_key: bytes, pair: Pair | None = None) -> bytes:
    """Ledger key of a link; without a pair, what all of one evidence begin with."""
    return LINK_MARK + evidence_key + (pair.person + pair.other if pair else b"")


def called_entry_key(local: bytes, person: bytes = b"") -> bytes:
    """Ledger key of a local person's national id; without one, what all of them begin with."""
    return CALLED_MARK + local + person


def read_links(entries: Iterable[tuple[bytes, bytes]]) -> dict[Pair, bool]:
    """Whether each link stands."""
    return {Pair(key[_FIRST], key[_SECOND]): stands(entry) for key, entry in entries}


def stands(entry: bytes | None) -> bool:
    """Whether a link's entry says that it stands."""
    return entry is not None and entry[0] == HeaderStatus.LIVE


def read_calls(entries: Iterable[tuple[bytes, bytes]]) -> dict[bytes, Called]:
    """What is known of each national id of a local person."""
    return {key[_FIRST]: read_called(entry) for key, entry in entries}


def read_called(entry: bytes) -> Called:
    """What is known of one."""
    extracted_at, sequence, born = _CALLED.unpack(entry)
    return Called(Version(extracted_at, sequence), born)
