"""Read the items of many deliveries as one frame, exactly as written. Pure.

Polars reads a micro-batch at once, but its result alone is not trusted. Polars 2.1 has stopped a
block before its end, wrapped numbers of more than 32 bits, taken any union branch but the first for
the second, and panicked. So the rows are measured (``shortest_encoding``) and compared with the
bytes; a few items are written again and compared, which is cheaper and exact. If they differ, or
anything raises, the deliveries are halved until one is left. That one is read by fastavro, which
decides.

The slow path reads texts as bytes and numbers as 64 bits. A text that is not UTF-8 and a number
that is too long then cost their own item, since the length of each is known without them. A union
branch, a length or a count that cannot be cost the delivery: where the next value begins is then
not known.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import fastavro
import polars as pl
from polars.exceptions import PanicException, PolarsError

from kpr_stream.model.delivery import Decrypted
from kpr_stream.processor.frame.shortest_encoding import (
    BYTE_SUM_MODULUS,
    byte_sum,
    shortest_encoding,
)
from kpr_stream.rules.rule import NOT_DECODED
from kpr_stream.schemas.catalogue import Schema
from kpr_stream.schemas.container import write_container

_TYPES = {"string": pl.String, "int": pl.Int32, "long": pl.Int64}
_LOOSE = {"string": "bytes", "int": "long"}
"""Kinds with the same bytes that hold whatever a sender wrote."""
_INTS = range(-(2**31), 2**31)
REWRITTEN_UP_TO = 16
"""A frame of so few items is written again and compared: 30 microseconds an item, against a
millisecond of small column operations to measure it."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A delivery that cannot be read, from this item on; None if no single item is the cause."""

    item: int | None = None


def read_items(
    deliveries: Sequence[Decrypted], contract: Schema
) -> tuple[pl.DataFrame, list[Unreadable | None]]:
    """Return the items of the readable deliveries, and for each delivery whether it is unreadable.

    Columns are the contract's fields in order. Dates are days and times microseconds, as on the
    wire, so that every value that can be written fits.
    """
    together = _read_fast(deliveries, contract)
    if together is not None:
        return together, [None] * len(deliveries)
    if len(deliveries) > 1:
        # Halved, not one by one: one bad delivery of hundreds must not cost hundreds of reads.
        half = len(deliveries) // 2
        first, of_first = read_items(deliveries[:half], contract)
        second, of_second = read_items(deliveries[half:], contract)
        return pl.concat([first, second]), of_first + of_second
    slow = _read_slowly(deliveries[0], contract) if deliveries else Unreadable()
    if isinstance(slow, Unreadable):
        return pl.DataFrame(schema=_columns(contract.text)), [slow] * len(deliveries)
    return slow, [None]


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
    read = sum(byte_sum(block) for _, block in blocks)
    return frame if (encoding.byte_sum - read) % BYTE_SUM_MODULUS == 0 else None


def _read_slowly(delivery: Decrypted, contract: Schema) -> pl.DataFrame | Unreadable:
    schema = _loose_schema(contract.text)
    rows: list[Any] = []
    try:
        for count, block in delivery.blocks:
            body, before = io.BytesIO(block), len(rows)
            for _ in range(count):
                rows.append(fastavro.schemaless_reader(body, schema, None))  # noqa: PERF401 - counted when it raises
            if body.tell() != len(block) or not _is_own_form(rows[before:], block, schema):
                return Unreadable()
    except Exception:  # noqa: BLE001 - reading foreign bytes may raise anything
        return Unreadable(len(rows))
    try:
        items = [_as_item(row, _physical_schema(contract.text)) for row in rows]
        return pl.DataFrame(items, schema=_columns(contract.text), strict=True)
    except Exception:  # noqa: BLE001 - as above
        return Unreadable()


def _as_item(row: dict[str, Any], schema: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return an item that was read with ``_loose_schema``, in the contract's own kinds.

    A value that does not fit its kind is left out, and the item names its field as unreadable.
    """
    item: dict[str, Any] = {}
    unfit = []
    for field in schema["fields"]:
        name, kind = field["name"], field["type"]
        try:
            item[name] = _fitting(row[name], kind)
        except ValueError:
            item[name] = None if "null" in kind else [] if isinstance(kind, dict) else ""
            unfit.append(name)
    if unfit:
        item["unreadable"] = [NOT_DECODED, *unfit, *item["unreadable"]]
    return item


def _fitting(value: Any, kind: Any) -> Any:  # noqa: ANN401 - a value and a node of a schema
    """Return the value as its kind has it; ValueError if it does not fit."""
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, list):
        return [_fitting(one, kind) for one in value]
    if isinstance(value, int) and "int" in kind and value not in _INTS:
        raise ValueError("It has more than 32 bits.")
    return value


def _is_own_form(rows: Sequence[dict[str, Any]], block: bytes, schema: Any) -> bool:  # noqa: ANN401
    """Return whether the bytes are valid Avro of these rows.

    fastavro takes union branch -1 for the last branch. Written again, valid rows are the same
    bytes, or fewer: a number may take more room than it needs.
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
def _loose_schema(contract: str) -> Any:  # noqa: ANN401 - as fastavro parses it
    """Return the physical schema with ``_LOOSE`` kinds."""

    def loose(kind: Any) -> Any:  # noqa: ANN401 - a node of a schema
        if isinstance(kind, list):
            return [loose(branch) for branch in kind]
        if isinstance(kind, dict):
            return kind | {"items": loose(kind["items"])}
        return _LOOSE.get(kind, kind)

    record = json.loads(_physical_text(contract))
    fields = [{"name": field["name"], "type": loose(field["type"])} for field in record["fields"]]
    return fastavro.parse_schema({**record, "fields": fields})


@cache
def _physical_text(contract: str) -> str:
    """Return the contract without logical types: same bytes, plain numbers."""
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
