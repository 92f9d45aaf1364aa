"""Cut a unit's items into deliveries, each an Avro object container file. Pure.

Every limit of the receiver is one of the cut (``model/limits.py``), so that no delivery is refused
for its size. A single item that is too large for the receiver cannot be cut: the caller leaves it
out and reports it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import fastavro

from kpr_stream.connectors.export.left_out import LeftOut, Part
from kpr_stream.connectors.mapping.items import Item
from kpr_stream.model.limits import ENVELOPE_BYTES, RECEIVER
from kpr_stream.model.words import MessageType
from kpr_stream.schemas.contract import item_schema

CODEC = "deflate"
"""The one codec that every Avro library has. Encrypted bytes would not compress any more."""

BLOCK_BYTES = 64_000
"""Size of a block of a container: bounds what a reader inflates at a time."""

SYNC_MARKER = b"kpr-hst-delivery"
"""16 bytes. Fixed, so that the same items give the same bytes and the same digest."""


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


def item_sizes(items: Sequence[Item], message_type: MessageType) -> list[int]:
    """Return the Avro bytes of each item."""
    schema, out, sizes = item_schema(message_type).parsed, io.BytesIO(), []
    for item in items:
        start = out.tell()
        fastavro.schemaless_writer(out, schema, item)
        sizes.append(out.tell() - start)
        if out.tell() > BLOCK_BYTES:
            out.seek(0)
    return sizes


def cut(items: Sequence[Item], message_type: MessageType, *, max_items: int, max_bytes: int) -> Cut:
    """Return the items as deliveries, and those that no delivery can carry.

    Items of which none can be carried give no delivery: an empty one would report a quiet day.
    """
    sizes = item_sizes(items, message_type)
    limit = RECEIVER.item_bytes
    large = tuple(TooLarge(at, size, limit) for at, size in enumerate(sizes) if size > limit)
    left_out = {one.index for one in large}
    fitting = [at for at in range(len(items)) if at not in left_out]
    if large and not fitting:
        return Cut((), large)
    payloads = pack(
        [items[at] for at in fitting],
        message_type,
        max_items=max_items,
        max_bytes=max_bytes,
        sizes=[sizes[at] for at in fitting],
    )
    return Cut(tuple(payloads), large)


def pack(
    items: Sequence[Item],
    message_type: MessageType,
    *,
    max_items: int,
    max_bytes: int,
    sizes: Sequence[int] | None = None,
) -> Iterator[Packed]:
    """Yield the items as payloads within the receiver's limits and both of the sender's, in order.

    No items give one empty payload. ``max_bytes`` bounds the written container. A single larger
    item is sent alone. ``sizes`` are those of ``item_sizes``, none beyond the receiver's limit.
    """
    if not items:
        yield Packed(0, _container([], message_type))
        return
    sizes = item_sizes(items, message_type) if sizes is None else sizes
    whole = _Halves(items, sizes, message_type, min(max_bytes, PAYLOAD_BYTES))
    step = min(max_items, RECEIVER.items)
    for start in range(0, len(items), step):
        yield from whole.halved(start, min(start + step, len(items)))


@dataclass(frozen=True, slots=True)
class _Halves:
    items: Sequence[Item]
    sizes: Sequence[int]
    message_type: MessageType
    max_bytes: int

    def halved(self, start: int, end: int) -> Iterator[Packed]:
        """Yield the items from ``start`` to before ``end``, halved until each payload fits."""
        if end - start == 1 or sum(self.sizes[start:end]) <= RECEIVER.inflated_bytes:
            payload = _container(self.items[start:end], self.message_type)
            if end - start == 1 or len(payload) <= self.max_bytes:
                yield Packed(end - start, payload, start)
                return
        middle = start + (end - start) // 2
        yield from self.halved(start, middle)
        yield from self.halved(middle, end)


def _container(items: Sequence[Item], message_type: MessageType) -> bytes:
    out = io.BytesIO()
    fastavro.writer(
        out,
        item_schema(message_type).parsed,
        items,
        codec=CODEC,
        sync_interval=BLOCK_BYTES,
        sync_marker=SYNC_MARKER,
    )
    return out.getvalue()
