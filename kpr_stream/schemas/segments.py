"""The Avro bytes of one field over many rows, as matrices of padded bytes. Pure.

A segment is what one field contributes to each row of a frame. ``row_writer`` writes segments side
by side. Every function here writes what fastavro writes; a property test compares them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Whole = NDArray[np.int64]
Mask = NDArray[np.bool_]

_NOT_NULL: Final = b"\x02"
"""The branch of a nullable field that has a value: the second of its union."""
_NO_BYTES: Final = b"\x00"


class Segment(NamedTuple):
    """One field of each row: padded bytes, and how many of them count."""

    cells: Bytes
    """Shape (rows, width). Any bytes may follow behind the length of a row."""
    lengths: Whole
    """Shape (rows,)."""


Piece = Segment | bytes
"""A segment, or the bytes that are the same in every row."""


def numbers(values: Whole, nulls: Mask | None = None) -> Segment:
    """Return ``int`` or ``long`` values: zig-zag, seven bits a byte, the lowest first.

    ``nulls`` marks the rows without a value, for a nullable field; None for a required one.
    """
    rest = (values.astype(np.uint64) << np.uint64(1)) ^ (values >> 63).astype(np.uint64)
    columns: list[Bytes] = []
    lengths = np.zeros(len(values), np.int64)
    more = np.ones(len(values), np.bool_)
    while more.any():
        lengths += more
        low = (rest & np.uint64(0x7F)).astype(np.uint8)
        rest = rest >> np.uint64(7)
        more = rest != 0
        columns.append(low | (more.astype(np.uint8) << np.uint8(7)))
    cells = np.column_stack(columns) if columns else np.zeros((0, 1), np.uint8)
    return _nullable(Segment(cells, lengths), nulls)


def doubles(values: NDArray[np.float64], nulls: Mask | None = None) -> Segment:
    """Return ``double`` values: eight bytes, the lowest first."""
    cells = np.ascontiguousarray(values, "<f8").view(np.uint8).reshape(len(values), 8)
    return _nullable(Segment(cells, np.full(len(values), 8, np.int64)), nulls)


def texts_of_width(cells: Bytes, nulls: Mask | None = None) -> Segment:
    """Return ``string`` values of one length, from their bytes of shape (rows, length)."""
    rows, width = cells.shape
    head = numbers(np.full(rows, width, np.int64))
    whole = np.hstack((head.cells, cells))
    return _nullable(Segment(whole, np.full(rows, whole.shape[1], np.int64)), nulls)


def listed(parts: Sequence[bytes], codes: NDArray[Any]) -> Segment:
    """Return values by their place in ``parts``, the bytes of the distinct ones."""
    lengths = np.fromiter(map(len, parts), np.int64, len(parts))
    width = max(1, int(lengths.max(initial=0)))
    # NumPy leaves out zero bytes at the end only where it reads such a text, not in memory.
    cells = np.array(parts, dtype=f"S{width}").view(np.uint8).reshape(len(parts), width)
    return Segment(cells[codes], lengths[codes])


def of_parts(parts: Sequence[bytes]) -> Segment:
    """Return values whose bytes are made already, one for each row."""
    return listed(parts, np.arange(len(parts)))


def _nullable(segment: Segment, nulls: Mask | None) -> Segment:
    if nulls is None:
        return segment
    rows = len(segment.lengths)
    head = np.full((rows, 1), _NOT_NULL[0], np.uint8)
    head[nulls] = _NO_BYTES[0]
    return Segment(np.hstack((head, segment.cells)), np.where(nulls, 1, segment.lengths + 1))
