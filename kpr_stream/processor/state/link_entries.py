"""Ledger entries of links between person keys. Pure.

Ledger keys: ``l`` + evidence key + the two person keys → whether the link is live; ``h`` + local
person key + person key → when that id of the local person was reported, and the birth date's hash.

A record on ``kpr.hst.identity-link`` has both keys in its header: the person key in its own place,
the other key in the place of the natural key. Two kinds of record use the rest differently:

- A unit's own id of a person: the header names the unit's system, and the content hash is that of
  the birth date.
- A link: the system is 0, and the evidence key is in the place of the content hash. The evidence
  is an item, a local person, or an operator (NO_KEY).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from kpr_stream.model.header import HeaderStatus, LedgerHeader
from kpr_stream.model.link import Pair
from kpr_stream.model.person_id import KEY_BYTES
from kpr_stream.processor.state.known import ContentVersion, KnownId

LINK_MARK = b"l"
LOCAL_ID_MARK = b"h"
_KNOWN_ID = struct.Struct(">qq16s")
_FIRST = slice(1 + KEY_BYTES, 1 + 2 * KEY_BYTES)
_SECOND = slice(1 + 2 * KEY_BYTES, 1 + 3 * KEY_BYTES)


def link_entries(value: bytes | None, header: LedgerHeader) -> dict[bytes, bytes]:
    """Return the entry of a record about a link; an empty value deletes its key."""
    if header.system:
        entry_key = local_id_entry_key(header.natural_key, header.person_key)
        entry = _KNOWN_ID.pack(header.extracted_at, header.sequence, header.content_hash)
    else:
        pair = Pair(header.person_key, header.natural_key)
        entry_key = link_entry_key(header.content_hash, pair)
        entry = bytes((header.status,))
    return {entry_key: entry if value else b""}


def link_entry_key(evidence_key: bytes, pair: Pair | None = None) -> bytes:
    """Return the ledger key of a link; without a pair, the prefix of one evidence's links."""
    return LINK_MARK + evidence_key + (pair.person + pair.other if pair else b"")


def local_id_entry_key(local: bytes, person: bytes = b"") -> bytes:
    """Return the ledger key of a local person's national id; without one, the prefix of all."""
    return LOCAL_ID_MARK + local + person


def read_links(entries: Iterable[tuple[bytes, bytes]]) -> dict[Pair, bool]:
    """Return for each link whether it is live."""
    return {Pair(key[_FIRST], key[_SECOND]): is_live(entry) for key, entry in entries}


def is_live(entry: bytes | None) -> bool:
    """Whether a link's entry says that the link is live."""
    return entry is not None and entry[0] == HeaderStatus.LIVE


def read_known_ids(entries: Iterable[tuple[bytes, bytes]]) -> dict[bytes, KnownId]:
    """Return what is known of each national id of a local person, by person key."""
    return {key[_FIRST]: read_known_id(entry) for key, entry in entries}


def read_known_id(entry: bytes) -> KnownId:
    """Return what is known of one national id."""
    extracted_at, sequence, born = _KNOWN_ID.unpack(entry)
    return KnownId(ContentVersion(extracted_at, sequence), born)
