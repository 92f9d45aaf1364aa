"""Name, word and write the tables of the truth: what all of them share."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path

import polars as pl
from polars import col, lit

from kpr_stream.model.words import MessageType
from kpr_stream.simulate.nation.draw import Ints
from kpr_stream.simulate.nation.export.write import Series
from kpr_stream.simulate.nation.records.faults import FAULTS, Fault

MESSAGE_TYPES = (MessageType.CONSULTATION.value, MessageType.APPOINTMENT.value)
MINUTE_MS = 60_000


def write_table(frame: pl.DataFrame, folder: Path, table_name: str, part: str) -> None:
    """Write one part of a table. A reader reads all parts of a folder together."""
    path = folder / table_name / f"{part}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(path, compression="zstd", statistics=False)


def keys(series: Series) -> list[pl.Expr]:
    org_nr = pl.Series([unit.org_nr for unit in series.place.units])
    return [
        lit(series.system.value).alias("system"),
        lit(org_nr).gather(col("unit")).alias("org_nr"),
        lit(pl.Series(MESSAGE_TYPES)).gather(col("type")).alias("message_type"),
        col("local_id"),
    ]


def word(name: str, index: Ints, values: Sequence[str]) -> pl.Series:
    return pl.Series(values).gather(pl.Series(index)).alias(name)


def words(name: str, index: Ints, members: type[IntEnum]) -> pl.Series:
    return word(name, index, [member.name.lower() for member in members])


def names_of(members: type[IntEnum]) -> tuple[str, ...]:
    return tuple(member.name for member in members)


def effect_of(number: int, what: str) -> str | None:
    expected = FAULTS.get(Fault(number))
    return getattr(expected, what) if expected else None


def number_or_null(numbers: Ints) -> pl.Series:
    return pl.Series([str(n) if n > 0 else None for n in numbers.tolist()], dtype=pl.String)
