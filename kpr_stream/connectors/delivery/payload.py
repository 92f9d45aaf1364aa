"""Write items as an Avro object container file: fastavro's bytes, sooner. Pure.

Each item is written once, by cached bytes of its values. Its size decides where deliveries are
cut, and the same bytes go into the container.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

import fastavro

from kpr_stream.connectors.mapping.items import Item
from kpr_stream.model.words import MessageType
from kpr_stream.schemas.contract import item_schema
from kpr_stream.schemas.encoder import encoder
from kpr_stream.schemas.zigzag import zigzag

CODEC: Final = "deflate"
"""The one codec that every Avro library has. Encrypted bytes would not compress any more."""

BLOCK_BYTES: Final = 64_000
"""Size of a block of a container: bounds what a reader inflates at a time."""

SYNC_MARKER: Final = b"kpr-hst-delivery"
"""16 bytes. Fixed, so that the same items give the same bytes and the same digest."""

_DEFLATED: Final = slice(2, -1)
"""What of zlib's output is deflated data; three bytes of the checksum stay, as fastavro writes."""


def encode_items(items: Sequence[Item], message_type: MessageType) -> list[bytes]:
    """Return the Avro bytes of each item; ValueError for a field that is not in the schema."""
    write = encoder(item_schema(message_type)).body
    return [write(item) for item in items]


def container(encoded: Sequence[bytes], message_type: MessageType) -> bytes:
    """Return a container of items that ``encode_items`` has written."""
    parts = [_header(message_type)]
    for count, block in _blocks(encoded):
        deflated = zlib.compress(block)[_DEFLATED]
        parts += [zigzag(count), zigzag(len(deflated)), deflated, SYNC_MARKER]
    return b"".join(parts)


def _blocks(encoded: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield number and bytes of the items of each block; it is full with the item that fills it."""
    start = size = 0
    for at, item in enumerate(encoded, 1):
        size += len(item)
        if size >= BLOCK_BYTES or at == len(encoded):
            yield at - start, b"".join(encoded[start:at])
            start, size = at, 0


@cache
def _header(message_type: MessageType) -> bytes:
    out = io.BytesIO()
    fastavro.writer(out, item_schema(message_type).parsed, (), codec=CODEC, sync_marker=SYNC_MARKER)
    return out.getvalue()
