"""Write whole numbers as Avro does: zig-zag, seven bits a byte.

Source: Avro specification 1.11, binary encoding.
"""

from __future__ import annotations


def zigzag(number: int) -> bytes:
    """Return the bytes of an Avro ``int`` or ``long``: -2^63 to below 2^63."""
    rest = (number << 1) ^ (number >> 63)
    out = bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)
