"""Measure how long the rows of a frame are in their shortest Avro encoding. Pure.

``decode`` compares this with the bytes that Polars read. The shortest encoding of the rows can
never be longer than the bytes that they were read from, and those never longer than the blocks.
Equal totals therefore mean that every byte was read, by the schema, in its only short form. The
sum of the bytes shows what a length cannot: a union branch that does not exist.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple
from zlib import adler32

import polars as pl

BYTE_SUM_MODULUS: Final = 65521
"""Adler-32's: a sum over megabytes at the speed of memory."""
_VARINT_STEPS = tuple(2 ** (6 + 7 * n) for n in range(9))
"""A zigzag varint grows by a byte at each: 64, 8192, ..."""
_WRAPS_FROM = 2**27
"""From here an int takes five bytes, and Polars may have cut a longer number to 32 bits."""


class Encoding(NamedTuple):
    """The size of rows in their shortest Avro encoding."""

    length: int
    byte_sum: int
    """Of all bytes, modulo BYTE_SUM_MODULUS."""


def shortest_encoding(frame: pl.DataFrame) -> Encoding | None:
    """Return length and sum of the rows as written; None if an int may have wrapped.

    For frames of an item contract: ``operation`` is a plain string, lists are lists of strings
    without null, every other field is a union of null and a string, int or long.
    """
    length = branches = 0
    by_type: dict[Any, list[pl.Series]] = {pl.String: [], pl.Int32: [], pl.Int64: []}
    for column in frame.iter_columns():
        if isinstance(column.dtype, pl.List):
            length += frame.height  # the zero that ends a list
            elements = column.explode(empty_as_null=False, keep_nulls=False)
            by_type[pl.String].append(elements)
            if len(elements):
                lengths = column.list.len()
                by_type[pl.Int64].append(lengths.filter(lengths > 0).cast(pl.Int64))
            continue
        there = frame.height - column.null_count()
        if column.name != "operation":
            length += frame.height  # which branch of the union: 0, or 1 written as 2
            branches += 2 * there
        if there:
            by_type[column.dtype.base_type()].append(column)
    ints = pl.concat([pl.Series(dtype=pl.Int32), *by_type[pl.Int32]], rechunk=False)
    if not _are_short(ints):
        return None
    # One long column: a small frame costs by the number of operations, not of values.
    strings = pl.concat([pl.Series(dtype=pl.String), *by_type[pl.String]], rechunk=False)
    numbers = pl.concat([ints.cast(pl.Int64), *by_type[pl.Int64]], rechunk=False).to_frame("n")
    n = pl.col("n")
    lengths = strings.to_frame("n").select(n.str.len_bytes().cast(pl.Int64)).to_series()
    # Zigzag: -1 takes the room of 0, -2 that of 1.
    room = numbers.select(n=pl.when(n < 0).then(-1 - n).otherwise(n)).to_series()
    negative = int((numbers.to_series() < 0).sum())
    written = _varints(pl.concat([lengths, room], rechunk=False))
    text = strings.to_frame("n").select(n.str.join("")).item() or ""
    return Encoding(
        length + int(lengths.sum()) + written.length,
        branches + negative + written.byte_sum + byte_sum(text.encode()),
    )


def byte_sum(data: bytes) -> int:
    """Return the sum of bytes modulo BYTE_SUM_MODULUS.

    The low half of Adler-32 (RFC 1950) is one more than it.
    """
    return (adler32(data) & 0xFFFF) - 1


def _are_short(ints: pl.Series) -> bool:
    lowest, highest = ints.min(), ints.max()
    if not isinstance(lowest, int) or not isinstance(highest, int):
        return True
    return lowest > -_WRAPS_FROM and highest < _WRAPS_FROM


def _varints(magnitudes: pl.Series) -> Encoding:
    """Return the size of numbers, given by their room, as if none was negative."""
    highest = magnitudes.max()
    steps = [step for step in _VARINT_STEPS if isinstance(highest, int) and highest >= step]
    m = pl.col("n")
    counted = (
        magnitudes.to_frame("n")
        .select(
            m.count().alias("there"),
            ((m % 64) * 2).sum().alias("first"),
            *((m >= step).sum().alias(f"longer_{step}") for step in steps),
            *((m // step % 128).sum().alias(f"bits_{step}") for step in steps),
        )
        .row(0, named=True)
    )
    longer = sum(counted[f"longer_{step}"] for step in steps)
    bits = sum(counted[f"bits_{step}"] for step in steps)
    # A byte that another follows has its highest bit set.
    return Encoding(counted["there"] + longer, counted["first"] + bits + 128 * longer)
