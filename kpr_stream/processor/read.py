"""Read: the items of many deliveries as one frame, and nothing that was not written.

Polars reads a micro-batch at once, but is not to be believed alone: it has stopped a block
before its end, let numbers of more than 32 bits wrap, and panicked. So what was read is measured:
the shortest encoding of the rows can never be longer than the bytes they were read from, and
those never longer than the blocks, so equal totals mean that every byte of every delivery was
read, by the schema, in its only short form. If they differ, or anything raises, the deliveries
are halved until one is left, and that is read by fastavro, which decides.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import fastavro
import polars as pl
from polars.exceptions import PanicException, PolarsError

from kpr_stream.model.delivery import Opened
from kpr_stream.schemas.catalogue import Schema
from kpr_stream.schemas.container import write_container

_TYPES = {"string": pl.String, "int": pl.Int32, "long": pl.Int64}
_VARINT_STEPS = tuple(2 ** (6 + 7 * n) for n in range(9))
"""A zigzag varint grows by a byte at each: 64, 8192, ..."""
_WRAPS_FROM = 2**27
"""Where an int takes five bytes: from here Polars may have cut a longer number to 32 bits."""


def read_items(deliveries: Sequence[Opened], contract: Schema) -> tuple[pl.DataFrame, list[bool]]:
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


def encoded_bytes(frame: pl.DataFrame) -> int | None:
    """Length of the rows in their shortest Avro encoding; None if an int may have wrapped.

    For frames of an item contract: ``operation`` is a plain string, lists are lists of strings
    without null, every other field is a union of null and a string, int or long.
    """
    total = 0
    by_type: dict[Any, list[pl.Series]] = {pl.String: [], pl.Int32: [], pl.Int64: []}
    for column in frame.iter_columns():
        if isinstance(column.dtype, pl.List):
            total += frame.height  # the zero that ends a list
            elements = column.explode(empty_as_null=False, keep_nulls=False)
            by_type[pl.String].append(elements)
            if len(elements):
                lengths = column.list.len()
                by_type[pl.Int64].append(lengths.filter(lengths > 0).cast(pl.Int64))
            continue
        total += frame.height * (column.name != "operation")  # which branch of the union
        if column.null_count() < frame.height:
            by_type[column.dtype.base_type()].append(column)
    ints = pl.concat([pl.Series(dtype=pl.Int32), *by_type[pl.Int32]], rechunk=False)
    if not _are_short(ints):
        return None
    # One long column: the cost of a small frame is the number of operations, not of values.
    strings = pl.concat([pl.Series(dtype=pl.String), *by_type[pl.String]], rechunk=False)
    numbers = pl.concat([ints.cast(pl.Int64), *by_type[pl.Int64]], rechunk=False)
    n = pl.col("n")
    lengths = strings.to_frame("n").select(n.str.len_bytes().cast(pl.Int64)).to_series()
    # Zigzag: -1 takes the room of 0, -2 that of 1.
    room = numbers.to_frame("n").select(n=pl.when(n < 0).then(-1 - n).otherwise(n)).to_series()
    return total + int(lengths.sum()) + _varint_bytes(lengths) + _varint_bytes(room)


def _are_short(ints: pl.Series) -> bool:
    lowest, highest = ints.min(), ints.max()
    if not isinstance(lowest, int) or not isinstance(highest, int):
        return True
    return lowest > -_WRAPS_FROM and highest < _WRAPS_FROM


def _varint_bytes(magnitudes: pl.Series) -> int:
    highest = magnitudes.max()
    steps = [step for step in _VARINT_STEPS if isinstance(highest, int) and highest >= step]
    longer = sum(int((magnitudes >= step).sum()) for step in steps)
    return len(magnitudes) - magnitudes.null_count() + longer


def _read_fast(deliveries: Sequence[Opened], contract: Schema) -> pl.DataFrame | None:
    blocks = [block for delivery in deliveries for block in delivery.blocks]
    container = write_container(_physical_text(contract.text), blocks)
    try:
        frame = pl.read_avro(io.BytesIO(container))
    except (PolarsError, OSError, PanicException):
        return None
    if frame.height != sum(count for count, _ in blocks):
        return None
    if encoded_bytes(frame) != sum(len(block) for _, block in blocks):
        return None
    return frame


def _read_slowly(delivery: Opened, contract: Schema) -> pl.DataFrame | None:
    schema = fastavro.parse_schema(json.loads(_physical_text(contract.text)))
    rows: list[dict[str, Any]] = []
    try:
        for count, block in delivery.blocks:
            body = io.BytesIO(block)
            rows.extend(fastavro.schemaless_reader(body, schema, None) for _ in range(count))  # type: ignore[misc]
            if body.tell() != len(block):
                return None
        return pl.DataFrame(rows, schema=_columns(contract.text), strict=True)
    except Exception:  # noqa: BLE001 - whatever reading a stranger's bytes runs into
        return None


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
