"""Write the records of many rows at once from the segments of their fields. Pure.

All rows lie in one buffer, each with the room of the longest. Segment after segment is written
into every row where the row has ended so far. The padding behind a short value is overwritten by
the row's next segment, or lies behind the row's end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from kpr_stream.schemas.segments import Piece, Segment, Whole

MOST_BYTES: Final = 64_000_000
"""Of the buffer. One row with a value of megabytes would otherwise take that room in every row."""


def write_rows(pieces: Sequence[Piece], count: int) -> list[bytes]:
    """Return the bytes of ``count`` rows; ValueError if they need more than ``MOST_BYTES``."""
    folded = list(_folded(pieces))
    ends = np.zeros(count, np.int64)
    widest = 0
    for piece in folded:
        ends += len(piece) if isinstance(piece, bytes) else piece.lengths
        widest = max(widest, len(piece) if isinstance(piece, bytes) else piece.cells.shape[1])
    room = int(ends.max(initial=0)) + widest
    if room * count > MOST_BYTES:
        raise ValueError(f"{count} rows of {room} bytes are more than {MOST_BYTES}.")
    buffer = np.zeros(room * count, np.uint8)
    begins = np.arange(count, dtype=np.int64) * room
    at = begins.copy()
    for piece in folded:
        _write(buffer, at, piece)
        at += len(piece) if isinstance(piece, bytes) else piece.lengths
    data = buffer.tobytes()
    return [data[a:b] for a, b in zip(begins.tolist(), (begins + ends).tolist(), strict=True)]


def _write(buffer: np.ndarray[tuple[int], np.dtype[np.uint8]], at: Whole, piece: Piece) -> None:
    """Write a piece at the places ``at``, one for each row."""
    if isinstance(piece, bytes):
        cells = np.frombuffer(piece, np.uint8).reshape(1, len(piece))
    else:
        cells = piece.cells
    width = cells.shape[1]
    if not (width and len(at)):
        return
    # A view with a cell of this width at every byte: one assignment then copies a cell a row.
    cell = np.dtype(f"V{width}")
    places = np.ndarray((buffer.size - width + 1,), cell, buffer.data, 0, (1,))
    places[at] = np.ascontiguousarray(cells).view(cell).ravel()


def _folded(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Yield the pieces with neighbouring bytes joined: one copy instead of several."""
    constant = b""
    for piece in pieces:
        if isinstance(piece, Segment):
            if constant:
                yield constant
                constant = b""
            yield piece
        else:
            constant += piece
    if constant:
        yield constant
