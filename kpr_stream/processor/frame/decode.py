"""Read: the items of many deliveries as one frame, and nothing that was not written.

Polars reads a micro-batch at once, but is not to be believed alone: it has stopped a block
before its end, let numbers of more than 32 bits wrap, taken any branch of a union but the first
for the second, and panicked. So what was read is measured: the shortest encoding of the rows can
never be longer than the bytes they were read from, and those never longer than the blocks, so
equal totals mean that every byte of every delivery was read, by the schema, in its only short
form; and the sum of the bytes tells a branch that does not exist. (A few items are written again
and compared: that is cheaper, and exact.) If they differ, or anything
raises, the deliveries are halved until one is left, and that is read by fastavro, which decides.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple
from zlib import adler32

import fastavro
import polars as pl
from polars.exceptions import PanicException, PolarsError

from kpr_stream.model.delivery import Decrypted
from kpr_stream.schemas.catalogue import Schema
from kpr_stream.schemas.container import write_container

_TYPES = {"string": pl.String, "int": pl.Int32, "long": pl.Int64}
_VARINT_STEPS = tuple(2 ** (6 + 7 * n) for n in range(9))
"""A zigzag varint grows by a byte at each: 64, 8192, ..."""
REWRITTEN_UP_TO = 16
"""Items of a frame that is cheaper to write again and compare than to measure: 30 microseconds an
item against a millisecond of small column operations."""
BYTE_SUM_MODULUS = 65521
"""Adler-32's: a sum over megabytes at the speed of memory."""
_WRAPS_FROM = 2**27
"""Where an int takes five bytes: from here Polars may have cut a longer number to 32 bits."""


def read_items(
    deliveries: Sequence[Decrypted], contract: Schema
) -> tuple[pl.DataFrame, list[bool]]:
    """The items of the deliveries that can be read, in order, and which deliveries those are.

    Columns are the contract's fields in order; dates are days and times microseconds, as on the
    wire, so that no value is too odd to be held.
    """
    together = _read_fast(deliveries, contract)
    if together is not None:
        return together, [True] * len(deliveries)
    if len(deliveries) > 1:
        # Halved, not one by one: a single bad one among hundreds must not cost hundreds of reads.
        half = len(deliveries) // 2
        first, first_good = read_items(deliveries[:half], contract)
        second, second_good = read_items(deliveries[half:], contract)
        return pl.concat([first, second]), first_good + second_good
    slow = _read_slowly(deliveries[0], contract) if deliveries else None
    if slow is None:
        return pl.DataFrame(schema=_columns(contract.text)), [False] * len(deliveries)
    return slow, [True]


class Encoding(NamedTuple):
    """What rows are in their shortest Avro encoding."""

    length: int
    byte_sum: int
    """Of all bytes, modulo BYTE_SUM_MODULUS."""


def shortest_encoding(frame: pl.DataFrame) -> Encoding | None:
    """Length and sum of the bytes that the rows would be written as; None if an int may have
    wrapped.

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
    # One long column: the cost of a small frame is the number of operations, not of values.
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
        branches + negative + written.byte_sum + _byte_sum(text.encode()),
    )


def _byte_sum(data: bytes) -> int:
    """Modulo BYTE_SUM_MODULUS; the low half of Adler-32 (RFC 1950) is one more."""
    return (adler32(data) & 0xFFFF) - 1


def _are_short(ints: pl.Series) -> bool:
    lowest, highest = ints.min(), ints.max()
    if not isinstance(lowest, int) or not isinstance(highest, int):
        return True
    return lowest > -_WRAPS_FROM and highest < _WRAPS_FROM


def _varints(magnitudes: pl.Series) -> Encoding:
    """Of numbers by their room, as if none was negative."""
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


def _read_fast(deliveries: Sequence[Decrypted], contract: Schema) -> pl.DataFrame | None:
    blocks = [block for delivery in deliveries for block in delivery.blocks]
    container = write_container(_physical_text(contract.text), blocks)
    try:
        frame = pl.read_avro(io.BytesIO(container))
    except (PolarsError, OSError, PanicException):
        return None
    if frame.height != sum(count for count, _ in blocks):
        return None
    if frame.height <= REWRITTEN_UP_TO:
        rows = frame.rows(named=True)
        written = _written(rows, _physical_schema(contract.text))
        return frame if written == b"".join(block for _, block in blocks) else None
    encoding = shortest_encoding(frame)
    if encoding is None or encoding.length != sum(len(block) for _, block in blocks):
        return None
    read = sum(_byte_sum(block) for _, block in blocks)
    return frame if (encoding.byte_sum - read) % BYTE_SUM_MODULUS == 0 else None


def _read_slowly(delivery: Decrypted, contract: Schema) -> pl.DataFrame | None:
    schema = _physical_schema(contract.text)
    rows: list[dict[str, Any]] = []
    try:
        for count, block in delivery.blocks:
            body = io.BytesIO(block)
            found: list[Any] = [
                fastavro.schemaless_reader(body, schema, None) for _ in range(count)
            ]
            if body.tell() != len(block) or not _is_own_form(found, block, schema):
                return None
            rows += found
        return pl.DataFrame(rows, schema=_columns(contract.text), strict=True)
    except Exception:  # noqa: BLE001 - whatever reading a stranger's bytes runs into
        return None


def _is_own_form(rows: Sequence[dict[str, Any]], block: bytes, schema: Any) -> bool:  # noqa: ANN401
    """Whether no byte says what it must not: fastavro takes branch -1 of a union for the last.

    Written again the rows are the same bytes, or fewer: a number may take more room than it needs.
    """
    again = _written(rows, schema)
    return again == block or len(again) < len(block)


def _written(rows: Sequence[dict[str, Any]], schema: Any) -> bytes:  # noqa: ANN401
    out = io.BytesIO()
    for row in rows:
        fastavro.schemaless_writer(out, schema, row)
    return out.getvalue()


@cache
def _physical_schema(contract: str) -> Any:  # noqa: ANN401 - as fastavro parses it
    return fastavro.parse_schema(json.loads(_physical_text(contract)))


@cache
def _physical_text(contract: str) -> str:
    """The contract without logical types and documentation: same bytes, plain numbers."""
    fields = [
        {"name": field["name"], "type": _physical(field["type"])}
        for field in json.loads(contract)["fields"]
    ]
    return json.dumps({"type": "record", "name": "Item", "fields": fields})


def _physical(kind: Any) -> Any:  # noqa: ANN401 - a node of a schema
    if isinstance(kind, list):
        return [_physical(branch) for branch in kind]
    if isinstance(kind, dict) and "logicalType" in kind:
        return kind["type"]
    return kind


@cache
def _columns(contract: str) -> dict[str, Any]:
    def column(kind: Any) -> Any:  # noqa: ANN401 - a node of a schema, a Polars type
        branch = next(b for b in kind if b != "null") if isinstance(kind, list) else kind
        return pl.List(pl.String) if isinstance(branch, dict) else _TYPES[branch]

    fields = json.loads(_physical_text(contract))["fields"]
    return {field["name"]: column(field["type"]) for field in fields}
