"""Turn the columns of a Polars frame into columns that records are written from. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from kpr_stream.schemas.column_records import Coded, Column, Constant, Doubles, Numbers


def columns_of(frame: pl.DataFrame) -> dict[str, Column]:
    """Return each column of a frame, by its name."""
    found: dict[str, Column] = {}
    whole: list[str] = []
    for series in frame.iter_columns():
        if series.null_count() == frame.height:
            found[series.name] = Constant(None)
        elif series.dtype == pl.String and series.n_unique() == 1:
            found[series.name] = Constant(series[0])
        elif series.dtype.is_integer() or series.dtype == pl.Float64:
            whole.append(series.name)
        elif isinstance(series.dtype, pl.List):
            found[series.name] = coded_lists(series.to_list())
        else:
            found[series.name] = coded(series.to_list())
    return found | _numbers(frame, whole)


class _Places(dict[Any, int]):
    """The place of each value in the order of first sight."""

    def __missing__(self, value: Any) -> int:  # noqa: ANN401 - whatever the column holds
        place = self[value] = len(self)
        return place


def coded(values: Sequence[Any]) -> Column:
    """Return a column of values that repeat."""
    places = _Places()
    codes = list(map(places.__getitem__, values))
    if len(places) == 1:
        return Constant(values[0])
    return Coded(list(places), np.array(codes, np.intp))


def coded_lists(values: Sequence[Sequence[Any]]) -> Column:
    """Return a column of lists that repeat: a list itself cannot be looked up."""
    return coded([None if value is None else tuple(value) for value in values])


def _numbers(frame: pl.DataFrame, names: Sequence[str]) -> dict[str, Column]:
    if not names:
        return {}
    # Two calls for all columns: each call of Polars costs more than its work on one column.
    filled = frame.select(pl.col(name).fill_null(0) for name in names)
    nulls = frame.select(pl.col(name).is_null() for name in names)
    found: dict[str, Column] = {}
    for name in names:
        values, missing = filled.get_column(name), None
        if frame.get_column(name).null_count():
            missing = nulls.get_column(name).to_numpy()
        if values.dtype == pl.Float64:
            found[name] = Doubles(values.to_numpy(), missing)
        else:
            found[name] = Numbers(values.to_numpy().astype(np.int64), missing)
    return found
