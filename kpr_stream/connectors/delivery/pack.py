"""Cut a unit's items into deliveries, each an Avro object container file. Pure."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import fastavro

from kpr_stream.connectors.mapping.items import Item
from kpr_stream.model.words import MessageType
from kpr_stream.schemas.contract import item_schema

CODEC = "deflate"
"""The one codec that every Avro library has. Encrypted bytes would not compress any more."""

BLOCK_BYTES = 64_000
"""Size of a block of a container: bounds what a reader inflates at a time."""

SYNC_MARKER = b"kpr-hst-delivery"
"""16 bytes. Fixed, so that the same items give the same bytes and the same digest."""


@dataclass(frozen=True, slots=True)
class Packed:
    """The clear payload of one delivery."""

    item_count: int
    payload: bytes


def contract_version(message_type: MessageType) -> str:
    """Return the version of the item contract that this release writes."""
    return str(item_schema(message_type).version)


def pack(
    items: Sequence[Item], message_type: MessageType, *, max_items: int, max_bytes: int
) -> Iterator[Packed]:
    """Yield the items as payloads within both limits, in order.

    No items give one empty payload. ``max_bytes`` bounds the written container. A single larger
    item is sent alone.
    """
    if not items:
        yield Packed(0, _container([], message_type))
        return
    for start in range(0, len(items), max_items):
        yield from _halved(items[start : start + max_items], message_type, max_bytes)


def _halved(items: Sequence[Item], message_type: MessageType, max_bytes: int) -> Iterator[Packed]:
    payload = _container(items, message_type)
    if len(payload) <= max_bytes or len(items) == 1:
        yield Packed(len(items), payload)
        return
    middle = len(items) // 2
    yield from _halved(items[:middle], message_type, max_bytes)
    yield from _halved(items[middle:], message_type, max_bytes)


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
