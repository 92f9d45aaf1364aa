"""What a lane remembers of links between person keys: part of ``remember``. Pure.

The header of a link's record has the two person keys in the places of person and natural key, and
what it rests on in that of the content hash: the key of the item that named both ids, or the key
of the EPJ's own person who had first the one, then the other; ``NO_KEY`` for an operator's word.
Its status is LIVE while it stands, DELETED when it was withdrawn.

Ledger keys: ``l`` + person + other → status, what it rests on, time, sequence; while it stands
also ``j`` + other + person → time, sequence, and ``e`` + what it rests on + person + other.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple

from kpr_stream.keys.pseudonym import KEY_BYTES
from kpr_stream.model.link import Pair
from kpr_stream.processor.decide import Version
from kpr_stream.schemas.header import NO_KEY, HeaderStatus, LedgerHeader

LINK_MARK, OTHER_MARK, RESTS_MARK = b"l", b"j", b"e"
_LINK = struct.Struct(">B16sqq")
_VERSION = struct.Struct(">qq")
_STANDS = b"\x01"


class KnownLink(NamedTuple):
    """What is known of a link."""

    stands: bool
    rests_on: bytes

    @property
    def by_operator(self) -> bool:
        """Whether an operator has said so: no item changes it."""
        return self.rests_on == NO_KEY


def link_entries(
    header: LedgerHeader, known: Callable[[bytes], bytes | None]
) -> dict[bytes, bytes]:
    """What to put in the ledger for a link's record; an empty value means: forget the key."""
    pair = Pair(header.person_key, header.natural_key)
    before = known(link_entry_key(pair))
    puts: dict[bytes, bytes] = {}
    if before:
        puts[other_entry_key(pair.other, pair.person)] = b""
        puts[rests_entry_key(read_link(before).rests_on, pair)] = b""
    if header.status is HeaderStatus.ERASED:
        return {**puts, link_entry_key(pair): b""}
    puts[link_entry_key(pair)] = _LINK.pack(
        header.status, header.content_hash, header.extracted_at, header.sequence
    )
    if header.status is HeaderStatus.LIVE:
        version = _VERSION.pack(header.extracted_at, header.sequence)
        puts[other_entry_key(pair.other, pair.person)] = version
        puts[rests_entry_key(header.content_hash, pair)] = _STANDS
    return puts


def read_link(data: bytes) -> KnownLink:
    """What is known of a link."""
    status, rests_on, _, _ = _LINK.unpack(data)
    return KnownLink(HeaderStatus(status) is HeaderStatus.LIVE, rests_on)


def read_version(data: bytes) -> Version:
    """When the item that a standing link was found in was extracted, and its sequence."""
    return Version(*_VERSION.unpack(data))


def link_entry_key(pair: Pair) -> bytes:
    """Ledger key of a link."""
    return LINK_MARK + pair.person + pair.other


def links_of(person: bytes) -> bytes:
    """What the ledger keys of all links that begin with a person key begin with."""
    return LINK_MARK + person


def other_entry_key(other: bytes, person: bytes = b"") -> bytes:
    """Ledger key by which a standing link is found from its second key; without the first, what
    all of them begin with."""
    return OTHER_MARK + other + person


def rests_entry_key(rests_on: bytes, pair: Pair | None = None) -> bytes:
    """Ledger key by which a standing link is found from what it rests on; without a pair, what all
    of them begin with."""
    return RESTS_MARK + rests_on + (b"" if pair is None else pair.person + pair.other)


def first_and_second(entry_key: bytes) -> tuple[bytes, bytes]:
    """The two keys that an entry key of this module ends with."""
    return entry_key[-2 * KEY_BYTES : -KEY_BYTES], entry_key[-KEY_BYTES:]
