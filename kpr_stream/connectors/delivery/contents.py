"""Note which item of a delivery has which place in its file, so that answers can be matched. Pure.

A receipt names an item by its position in the delivery, and leaves out the items that were plainly
accepted. The connector therefore remembers the items of each unanswered delivery. An item's id is
kept as a keyed hash: some systems put a national id into it.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final

from kpr_stream.connectors.mapping.items import Item
from kpr_stream.model.words import MessageType
from kpr_stream.schemas.contract import ID_FIELDS

ID_BYTES: Final = 8
"""Of the keyed hash. Two of a million items share one with a chance of 3 in 10⁸."""
FAST: Final = 1
"""Level of zlib: places of neighbouring items differ in a digit."""


@dataclass(frozen=True, slots=True)
class SentItems:
    """The items of one delivery, in its order: their places and hashed ids.

    A place is a file and a JSON pointer into it.
    """

    places: tuple[tuple[str, str], ...]
    ids: tuple[bytes, ...]

    def without(self, indices: AbstractSet[int]) -> SentItems:
        """Return the contents with no id for these items."""
        ids = (b"" if at in indices else one for at, one in enumerate(self.ids))
        return replace(self, ids=tuple(ids))

    def to_bytes(self) -> bytes:
        """Return what ``contents_of`` reads."""
        ids = [one.hex() for one in self.ids]
        return zlib.compress(json.dumps([self.places, ids]).encode(), FAST)


def contents_of(data: bytes | None) -> SentItems | None:
    """Return what ``to_bytes`` wrote; None for an outbox that holds nothing of the delivery."""
    if not data:
        return None
    places, ids = json.loads(zlib.decompress(data))
    return SentItems(
        tuple((file, pointer) for file, pointer in places),
        tuple(bytes.fromhex(one) for one in ids),
    )


def make_contents(
    items: Sequence[Item],
    kind: MessageType,
    *,
    key: bytes,
    org_nr: str,
    places: Sequence[tuple[str, str]],
) -> SentItems:
    """Return the contents of a delivery; ``places`` are file and pointer of each item.

    An item without an id is known by its place.
    """
    field = ID_FIELDS[kind]
    # A hash that has read what all ids begin with: a new one for each costs three times as much.
    begun = hashlib.blake2b(f"{org_nr}\0{kind}\0".encode(), key=key, digest_size=ID_BYTES)
    ids = (
        item[field] if item[field] is not None else "\0" + "\0".join(place)
        for item, place in zip(items, places, strict=True)
    )
    return SentItems(tuple(places), tuple(_hashed(begun.copy(), one) for one in ids))


def _hashed(begun: hashlib.blake2b, local_id: str) -> bytes:
    begun.update(local_id.encode("utf-8", "surrogatepass"))
    return begun.digest()
