"""Read Avro object container files within bounds, and write them. Pure.

Source: Avro specification 1.12, "Object Container Files". A container comes from outside, so
nothing in it is trusted: every length is checked before use, inflating stops at the limit, and the
embedded schema must be one of ours. Items are not decoded here.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import fastavro.schema

from kpr_stream.errors import ContainerError
from kpr_stream.model.limits import MAX_METADATA, MAX_SCHEMA_BYTES, RECEIVER
from kpr_stream.model.words import Cause
from kpr_stream.schemas.catalogue import Schema
from kpr_stream.schemas.zigzag import zigzag

MAX_ITEMS = RECEIVER.items
MAX_INFLATED_BYTES = RECEIVER.inflated_bytes

Blocks = tuple[tuple[int, bytes], ...]
"""(item count, inflated Avro) of each block, in order."""

_MAGIC = b"Obj\x01"
_SYNC_BYTES = 16
_SYNC = b"kpr-stream-block"
_LONGEST_VARINT = 10
_CHECKSUM_BYTES = 4
"""Some writers leave part of zlib's checksum after the deflated data."""


def read_container(data: bytes, contract: Schema) -> Blocks:
    """Return the inflated blocks of a container whose embedded schema is ``contract``.

    Any other bytes raise ContainerError and nothing else; its code is a ``Cause``. Blocks have
    their stated length; whether they fit the schema is not checked here.
    """
    reader = _Cursor(data)
    if reader.take(len(_MAGIC)) != _MAGIC:
        raise _broken(
            "The payload does not start as an Avro object container.", Cause.NOT_A_CONTAINER
        )
    metadata = dict(_metadata(reader))
    codec = metadata.get("avro.codec", b"null")
    if codec not in {b"null", b"deflate"}:
        raise _broken("The container's codec is neither null nor deflate.", Cause.CODEC_UNKNOWN)
    if not _is_contract(metadata.get("avro.schema", b""), contract):
        raise ContainerError(
            "The schema in the container is not that of the contract version in the envelope.",
            what_to_do=f"Write items with {contract.name}, version {contract.version}, unchanged.",
            code=Cause.OTHER_SCHEMA,
        )
    return tuple(_blocks(reader, deflated=codec == b"deflate"))


def write_container(schema_text: str, blocks: Iterable[tuple[int, bytes]]) -> bytes:
    """Return one container, codec null, of blocks of one or many deliveries.

    ``schema_text`` is ours, never one that was sent.
    """
    entries = {"avro.codec": b"null", "avro.schema": schema_text.encode()}
    parts = [_MAGIC, zigzag(len(entries))]
    for name, value in entries.items():
        parts += [zigzag(len(name)), name.encode(), zigzag(len(value)), value]
    parts += [zigzag(0), _SYNC]
    for count, block in blocks:
        parts += [zigzag(count), zigzag(len(block)), block, _SYNC]
    return b"".join(parts)


class _Cursor:
    """A position in the bytes; every step is checked against the end."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, length: int) -> bytes:
        end = self.at + length
        if length < 0 or end > len(self.data):
            raise _broken("The container ends before it should, or holds a negative length.")
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def number(self) -> int:
        """Return a zigzag varint of at most 64 bits."""
        found = 0
        for shift in range(0, 7 * _LONGEST_VARINT, 7):
            byte = self.take(1)[0]
            found |= (byte & 0x7F) << shift
            if byte < 0x80:
                return (found >> 1) ^ -(found & 1)
        raise _broken("The container holds a number longer than 64 bits.")

    def done(self) -> bool:
        return self.at == len(self.data)


def _metadata(reader: _Cursor) -> Iterator[tuple[str, bytes]]:
    left = MAX_METADATA
    while count := reader.number():
        if count < 0:  # a negative count is followed by the size of the map's block
            count = -count
            reader.number()
        left -= count
        if left < 0:
            raise _broken(f"The container's metadata has more than {MAX_METADATA} entries.")
        for _ in range(count):
            name = reader.take(reader.number()).decode("utf-8", "replace")
            yield name, reader.take(reader.number())


def _blocks(reader: _Cursor, *, deflated: bool) -> Iterator[tuple[int, bytes]]:
    sync = reader.take(_SYNC_BYTES)
    items = size = 0
    while not reader.done():
        count = reader.number()
        if count < 0:
            raise _broken("A block of the container holds a negative number of items.")
        items += count
        if items > MAX_ITEMS:
            raise ContainerError(
                f"The container holds more than {MAX_ITEMS} items.",
                what_to_do="Cut the delivery into smaller ones, each with its own sequence.",
                code=Cause.TOO_MANY_ITEMS,
            )
        block = reader.take(reader.number())
        room = MAX_INFLATED_BYTES - size
        block = _inflate(block, room) if deflated else block
        size += len(block)
        if len(block) > room:
            raise _too_large()
        if count > len(block):
            raise _broken("A block of the container has more items than bytes.")
        if reader.take(_SYNC_BYTES) != sync:
            raise _broken("A block of the container does not end with the sync marker.")
        yield count, block


def _inflate(block: bytes, room: int) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        clear = inflater.decompress(block, room + 1)
    except zlib.error:
        raise _broken(
            "A block of the container does not inflate.", Cause.BLOCK_NOT_INFLATED
        ) from None
    if len(clear) > room:
        raise _too_large()
    if not inflater.eof or len(inflater.unused_data) > _CHECKSUM_BYTES:
        raise _broken(
            "A deflated block is cut short or has bytes left over.", Cause.BLOCK_NOT_INFLATED
        )
    return clear


def _is_contract(sent: bytes, contract: Schema) -> bool:
    # A huge schema never enters the cache, whose keys are the sender's bytes.
    return len(sent) <= MAX_SCHEMA_BYTES and _meaning(sent) == _meaning(contract.text.encode())


@lru_cache(maxsize=32)
def _meaning(text: bytes) -> tuple[str, tuple[str, ...]] | None:
    """Return what decides how bytes are read: canonical form and logical types.

    The canonical form drops logical types, but milliseconds read as microseconds would be silently
    wrong.
    """
    try:
        parsed = json.loads(text)
        form = fastavro.schema.to_parsing_canonical_form(fastavro.parse_schema(parsed))
        return form, tuple(_logical_types(parsed))
    except Exception:  # noqa: BLE001 - parsing a foreign schema may raise anything
        return None


def _logical_types(node: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    if isinstance(node, list):
        for part in node:
            yield from _logical_types(part)
    elif isinstance(node, dict):
        yield str(node.get("logicalType", ""))
        for key in ("type", "items", "values", "fields"):
            yield from _logical_types(node.get(key))


def _broken(what: str, cause: Cause = Cause.CONTAINER_DAMAGED) -> ContainerError:
    return ContainerError(
        what,
        what_to_do="Write the payload with an Avro library as an object container file.",
        code=cause,
    )


def _too_large() -> ContainerError:
    return ContainerError(
        f"The container inflates to more than {MAX_INFLATED_BYTES} bytes.",
        what_to_do="Cut the delivery into smaller ones, each with its own sequence.",
        code=Cause.INFLATED_TOO_LARGE,
    )
