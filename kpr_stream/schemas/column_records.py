"""Write framed records of one schema from columns, all rows at once. Pure.

The bytes are those of ``wire.encode`` over each record. A value that does not fit its field is an
error here, and the caller writes the records one by one: that says what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kpr_stream.schemas.catalogue import Schema, schema
from kpr_stream.schemas.encoder import FRAME, encoder
from kpr_stream.schemas.row_writer import write_rows
from kpr_stream.schemas.segments import (
    Bytes,
    Mask,
    Piece,
    Whole,
    doubles,
    listed,
    numbers,
    texts_of_width,
)

_HEX: Final = np.frombuffer(b"".join(bytes((n,)).hex().encode() for n in range(256)), np.uint16)
"""The two digits of each byte."""


@dataclass(frozen=True, slots=True)
class Constant:
    """One value in every row."""

    value: Any


@dataclass(frozen=True, slots=True)
class Coded:
    """Few values in many rows: ``codes`` has the place in ``values`` of each row's."""

    values: Sequence[Any]
    codes: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Numbers:
    """Whole numbers; ``nulls`` marks the rows without one, None if every row has one."""

    values: Whole
    nulls: Mask | None = None


@dataclass(frozen=True, slots=True)
class Doubles:
    """Floating-point numbers, likewise."""

    values: NDArray[np.float64]
    nulls: Mask | None = None


@dataclass(frozen=True, slots=True)
class Keys:
    """Keyed hashes, written as hexadecimal digits: ``cells`` has the bytes of one a row."""

    cells: Bytes
    nulls: Mask | None = None


Column = Constant | Coded | Numbers | Doubles | Keys


def write_records(name: str, columns: Mapping[str, Column], count: int) -> list[bytes]:
    """Return ``count`` framed records in the newest version of a schema.

    A field that is left out has its default. ValueError, TypeError or KeyError for a value that
    does not fit, a missing field, or a field that the schema does not have.
    """
    written = schema(name)
    return write_rows([FRAME.pack(0, written.id), *_pieces(written, columns)], count)


def write_bodies(written: Schema, columns: Mapping[str, Column], count: int) -> list[bytes]:
    """Return ``count`` records of a schema without frames. Errors: ``write_records``."""
    return write_rows(list(_pieces(written, columns)), count)


def _pieces(written: Schema, columns: Mapping[str, Column]) -> Iterator[Piece]:
    if unknown := columns.keys() - set(written.field_names):
        raise ValueError(f"The schema {written.name} has no field {min(unknown)}.")
    for field in written.field_names:
        column = columns.get(field)
        if column is None:
            column = Constant(encoder(written).defaults[field])
        yield _piece(written, field, column)


def _piece(written: Schema, field: str, column: Column) -> Piece:
    kind, nullable = _kinds(written)[field]
    table = encoder(written).tables[field]
    match column:
        case Constant(value):
            return bytes(table[value])
        case Coded(values, codes):
            return listed([table[value] for value in values], codes)
        case Numbers(values, nulls) if kind in ("int", "long"):
            return numbers(values, _nulls(field, nulls, len(values), nullable=nullable))
        case Doubles(values, nulls) if kind == "double":
            return doubles(values, _nulls(field, nulls, len(values), nullable=nullable))
        case Keys(cells, nulls) if kind == "string":
            digits = _HEX[cells].view(np.uint8)
            return texts_of_width(digits, _nulls(field, nulls, len(cells), nullable=nullable))
    raise TypeError(f"The field {field} of {written.name} is not of this kind of column.")


def _nulls(field: str, nulls: Mask | None, count: int, *, nullable: bool) -> Mask | None:
    if nullable:
        return np.zeros(count, np.bool_) if nulls is None else nulls
    if nulls is not None and nulls.any():
        raise ValueError(f"The field {field} must have a value in every row.")
    return None


@cache
def _kinds(written: Schema) -> Mapping[str, tuple[str, bool]]:
    """Return the Avro type of each field, and whether null may take its place."""
    return {field["name"]: _kind(field["type"]) for field in written.parsed["fields"]}


def _kind(avro_type: Any) -> tuple[str, bool]:  # noqa: ANN401 - a parsed Avro type is any JSON value
    nullable = isinstance(avro_type, list) and len(avro_type) == 2 and avro_type[0] == "null"
    inner = avro_type[1] if nullable else avro_type
    kind = inner["type"] if isinstance(inner, dict) else inner
    return (kind if isinstance(kind, str) else "", nullable)
