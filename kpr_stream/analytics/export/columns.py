"""The columns of an exported relation: how COPY writes them, how Polars reads them. Pure."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl
from polars import col

TYPES: Final[Mapping[str, pl.DataType]] = {
    "uuid": pl.String(),
    "text": pl.String(),
    "date": pl.Date(),
    "integer": pl.Int32(),
    "bigint": pl.Int64(),
    "double precision": pl.Float64(),
    "boolean": pl.Boolean(),
    "text[]": pl.List(pl.String()),
}
"""Types of PostgreSQL and of Parquet. Any other type is exported as the text of PostgreSQL."""
UNITS: Final[Mapping[str, str]] = {
    "weight_g": "g",
    "length_mm": "mm",
    "head_circumference_mm": "mm",
    "duration_minutes": "min",
    "minutes": "min",
    "age_weeks": "week",
    "age_months": "month",
    "group_size": "person",
}
"""Units of the columns that have one. A z-score's unit is the standard deviation."""
Z_SCORE: Final = "standard deviation"


@dataclass(frozen=True, slots=True)
class ExportedColumn:
    """One column: its name, its type in PostgreSQL and its comment there."""

    name: str
    pg_type: str
    comment: str | None

    @property
    def parquet_type(self) -> pl.DataType:
        """Return the type of the column in Parquet."""
        return TYPES.get(self.pg_type, pl.String())

    @property
    def unit(self) -> str | None:
        """Return the unit of the values; None for codes, keys, dates and shares."""
        return Z_SCORE if self.name.endswith("_z") else UNITS.get(self.name)

    @property
    def copied(self) -> str:
        """Return the SQL with which COPY writes the column to CSV."""
        if self.pg_type == "text[]":
            return f"array_to_json({self.name}) AS {self.name}"
        return self.name if self.pg_type in TYPES else f"{self.name}::text"


def read_month(csv: bytes, columns: Sequence[ExportedColumn]) -> pl.DataFrame:
    """Return the rows of CSV with a header, in the types of their columns."""
    as_text = {"boolean", "text[]"}
    schema = {c.name: pl.String() if c.pg_type in as_text else c.parquet_type for c in columns}
    frame = pl.read_csv(io.BytesIO(csv), schema=schema)
    return frame.select(_typed(column) for column in columns)


def _typed(column: ExportedColumn) -> pl.Expr:
    if column.pg_type == "boolean":
        return col(column.name) == "t"
    if column.pg_type == "text[]":
        return col(column.name).str.json_decode(pl.List(pl.String()))
    return col(column.name)
