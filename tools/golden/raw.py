"""Makes payloads byte by byte: right ones that no library need write so, and damaged ones."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import fastavro

from kpr_stream.model.words import MessageType
from kpr_stream.schemas.catalogue import schema
from kpr_stream.schemas.zigzag import zigzag
from tools.golden.sender import SYNC_MARKER, container, contract_schema

_LONGEST_RUN: Final = 258
_BLOCK: Final = "110"
"""The first bits of a deflate block: the last one, with the fixed codes (RFC 1951, 3.2.6)."""
_REPEAT_258: Final = "11000101" + "00000"
"""Length 258, distance 1: the last byte 258 times more."""
_END: Final = "0000000"


def item_bytes(items: Sequence[Mapping[str, Any]]) -> bytes:
    """Items as Avro writes them one after another, without a container."""
    out = io.BytesIO()
    parsed = schema("consultation_item").parsed
    for item in items:
        fastavro.schemaless_writer(out, parsed, item)
    return out.getvalue()


def raw_container(
    block: bytes, *, count: int, codec: str = "null", schema_text: str | None = None
) -> bytes:
    """A container with one block of bytes as they are."""
    text = schema_text or json.dumps(contract_schema(MessageType.CONSULTATION))
    head = b"Obj\x01" + zigzag(2)
    for name, value in (("avro.schema", text), ("avro.codec", codec)):
        head += zigzag(len(name)) + name.encode() + zigzag(len(value.encode())) + value.encode()
    head += zigzag(0) + SYNC_MARKER
    return head + zigzag(count) + zigzag(len(block)) + block + SYNC_MARKER


def full_schema_container(items: Sequence[Mapping[str, Any]]) -> bytes:
    """A container whose schema has all its documentation."""
    text = schema("consultation_item").text
    return raw_container(item_bytes(items), count=len(items), schema_text=text)


def deflated(block: bytes, *, count: int) -> bytes:
    """A container with codec deflate, in which long runs of a byte are short (RFC 1951, 3.2.6).

    Written here because each build of zlib compresses differently.
    """
    bits, at = [_BLOCK], 0
    for run in re.finditer(rb"(.)\1{258,}", block, re.DOTALL):
        bits += [_literal(byte) for byte in block[at : run.start() + 1]]
        repeats, rest = divmod(run.end() - run.start() - 1, _LONGEST_RUN)
        bits += [_REPEAT_258 * repeats]
        at = run.end() - rest
    bits += [_literal(byte) for byte in block[at:]] + [_END]
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    number = int(text[::-1], 2)
    return raw_container(number.to_bytes(len(text) // 8, "little"), count=count, codec="deflate")


def _literal(byte: int) -> str:
    return f"{0b00110000 + byte:08b}" if byte < 144 else f"{0b110010000 + byte - 144:09b}"


def cut(items: Sequence[Mapping[str, Any]]) -> bytes:
    """A container that ends within its sync marker."""
    return container(items)[:-4]
