"""Cut a unit's items into deliveries, each a container (``payload``). Pure.

Every limit of the receiver is one of the cut (``model/limits.py``), so that no delivery is refused
for its size. A single item that is too large for the receiver cannot be cut: the caller leaves it
out and reports it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from kpr_stream.connectors.delivery.payload import container, encode_items
from kpr_stream.connectors.export.left_out import LeftOut, Part
from kpr_stream.connectors.mapping.items import Item
from kpr_stream.model.limits import ENVELOPE_BYTES, RECEIVER
from kpr_stream.model.words import MessageType
from kpr_stream.schemas.contract import item_schema

PAYLOAD_BYTES: Final = RECEIVER.record_bytes - ENVELOPE_BYTES
"""Largest container: with its envelope it is the largest record."""


@dataclass(frozen=True, slots=True)
class Packed:
    """The clear payload of one delivery."""

    item_count: int
    payload: bytes
    start: int = 0
    """Place of its first item among the items that were packed."""
    contents: bytes = b""
    """Where its items come from (``contents.py``)."""


@dataclass(frozen=True, slots=True)
class TooLarge:
    """An item that no delivery can carry: it is larger than the receiver takes one."""

    index: int
    """Place among the items that were to be cut."""
    size: int
    limit: int

    def left_out(self, file: str, pointer: str) -> LeftOut:
        """Return what to report, with the item's place in its file."""
        return LeftOut(
            Part.ITEM,
            file,
            pointer,
            f"the item has {self.size} bytes; the limit is {self.limit}, and it is not sent",
            "Shorten its texts in the EPJ, or correct the export; everything else is sent.",
        )


@dataclass(frozen=True, slots=True)
class Cut:
    """A unit's items as deliveries."""

    payloads: tuple[Packed, ...]
    too_large: tuple[TooLarge, ...]
    """The items that are in no delivery, in order."""

    def places_of(self, packed: Packed) -> list[int]:
        """Return the place of each item of a payload among the items that were to be cut."""
        found: list[int] = []
        left_out = {one.index for one in self.too_large}
        at, skipped = 0, 0
        while len(found) < packed.item_count:
            if at in left_out:
                skipped += 1
            elif at - skipped >= packed.start:
                found.append(at)
            at += 1
        return found


def contract_version(message_type: MessageType) -> str:
    """Return the version of the item contract that this release writes."""
    return str(item_schema(message_type).version)


def cut(items: Sequence[Item], message_type: MessageType, *, max_items: int, max_bytes: int) -> Cut:
    """Return the items as deliveries, and those that no delivery can carry.

    Items of which none can be carried give no delivery: an empty one would report a quiet day.
    """
    encoded = encode_items(items, message_type)
    limit = RECEIVER.item_bytes
    large = tuple(
        TooLarge(at, len(one), limit) for at, one in enumerate(encoded) if len(one) > limit
    )
    fitting = [one for one in encoded if len(one) <= limit] if large else encoded
    if large and not fitting:
        return Cut((), large)
    payloads = _packed(fitting, message_type, max_items=max_items, max_bytes=max_bytes)
    return Cut(tuple(payloads), large)


def pack(
    items: Sequence[Item], message_type: MessageType, *, max_items: int, max_bytes: int
) -> Iterator[Packed]:
    """Yield the items as payloads within the receiver's limits and both of the sender's, in order.

    No items give one empty payload. ``max_bytes`` bounds the written container. A single larger
    item is sent alone, also if it is larger than the receiver takes one.
    """
    encoded = encode_items(items, message_type)
    return _packed(encoded, message_type, max_items=max_items, max_bytes=max_bytes)


def _packed(
    encoded: Sequence[bytes], message_type: MessageType, *, max_items: int, max_bytes: int
) -> Iterator[Packed]:
    if not encoded:
        yield Packed(0, container((), message_type))
        return
    whole = _Halves(encoded, message_type, min(max_bytes, PAYLOAD_BYTES))
    step = min(max_items, RECEIVER.items)
    for start in range(0, len(encoded), step):
        yield from whole.halved(start, min(start + step, len(encoded)))


@dataclass(frozen=True, slots=True)
class _Halves:
    encoded: Sequence[bytes]
    message_type: MessageType
    max_bytes: int

    def halved(self, start: int, end: int) -> Iterator[Packed]:
        """Yield the items from ``start`` to before ``end``, halved until each payload fits."""
        inside = self.encoded[start:end]
        if end - start == 1 or sum(map(len, inside)) <= RECEIVER.inflated_bytes:
            payload = container(inside, self.message_type)
            if end - start == 1 or len(payload) <= self.max_bytes:
                yield Packed(end - start, payload, start)
                return
        middle = start + (end - start) // 2
        yield from self.halved(start, middle)
        yield from self.halved(middle, end)
