"""Whole numbers as Avro writes them: zig-zag, seven bits a byte (Avro 1.11, Binary encoding)."""

from __future__ import annotations


def zigzag(number: int) -> bytes:
    """The bytes of an Avro ``int`` or ``long``; of a number from -2^63 to below 2^63."""
    rest = (number << 1) ^ (number >> 63)
    out = bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)
