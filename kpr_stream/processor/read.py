"""Read: the items of many deliveries as one frame, and nothing that was not written.

Polars reads a micro-batch at once, but is not to be believed alone: it has stopped a block
before its end, let numbers of more than 32 bits wrap, and panicked. So what was read is measured:
the shortest encoding of the rows can never be longer than the bytes they were read from, and
those never longer than the blocks, so equal totals mean that every byte of every delivery was
read, by the schema, in its only short form. If they differ, or anything raises, each delivery is
read alone by fastavro, which decides.
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
    frames = [
        frame
        if (frame := _read_fast([delivery], contract)) is not None
        else _read_slowly(delivery, contract)
        for delivery in deliveries
    ]
    good = [frame for frame in frames if frame is not None]
    empty = pl.DataFrame(schema=_columns(contract.text))
    return pl.concat([empty, *good]), [frame is not None for frame in frames]


def encoded_bytes(frame: pl.DataFrame) -> int | None:
    """Length of the rows in their shortest Avro encoding; None if an int may have wrapped.

    For frames of an item contract: ``operation`` is a plain string, lists are lists of strings
    without null, every other field is a union of null and a string, int or long.
    """
    sizes: list[pl.Expr] = []
    narrow: list[pl.Expr] = []
    magnitudes: list[pl.Expr] = []
    total = 0
    for name, kind in frame.schema.items():
        column = pl.col(name)
        if isinstance(kind, pl.List):
            total += frame.height  # the zero that ends a list
            magnitudes.append(column.list.len().replace(0, None).cast(pl.Int64))
            continue
        total += frame.height * (name != "operation")  # which branch of the union
        if frame.get_column(name).null_count() == frame.height:
            continue
        if kind == pl.String:
            sizes.append(column.str.len_bytes().cast(pl.Int64))
        else:
            wide = column.cast(pl.Int64)
            # Zigzag: -1 takes the room of 0, -2 that of 1.
            (narrow if kind == pl.Int32 else magnitudes).append(
                pl.when(wide < 0).then(-1 - wide).otherwise(wide).alias(name)
            )
    elements = [
        frame.get_column(name).explode(empty_as_null=False, keep_nulls=False).alias("element")
        for name, kind in frame.schema.items()
        if isinstance(kind, pl.List)
    ]
    measured = frame.select(*sizes, *narrow, *magnitudes)
    in_lists = pl.concat(elements).str.len_bytes().cast(pl.Int64)
    columns = measured.get_columns()
    strings = pl.concat([in_lists, *columns[: len(sizes)]])
    ints = [column.max() for column in columns[len(sizes) : len(sizes) + len(narrow)]]
    if any(isinstance(highest, int) and highest >= _WRAPS_FROM for highest in ints):
        return None
    numbers = pl.concat([strings, *columns[len(sizes) :]])
    return total + int(strings.sum()) + _varint_bytes(numbers)


def _varint_bytes(magnitudes: pl.Series) -> int:
    highest = magnitudes.max()
    steps = [step for step in _VARINT_STEPS if isinstance(highest, int) and highest >= step]
    grown = magnitudes.to_frame("n").select(
        (pl.col("n") >= step).sum().alias(str(step)) for step in steps
    )
    longer = sum(grown.row(0)) if steps else 0
    return len(magnitudes) - magnitudes.null_count() + int(longer)


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
