"""Doubles inside a delivery, as columns for ``facts``.

`_id_repeated`: an upsert whose local id another upsert of the delivery has. A delete and an upsert
of one id are none: that is how some systems correct. `_visit_repeated`: an attended consultation
of a person with a national id, with another local id than another one of the delivery that starts
in the same minute.
"""

from __future__ import annotations

import polars as pl
from polars import col

from kpr_stream.model.codes import ATTENDED, PRECISION_DATE
from kpr_stream.model.words import Operation
from kpr_stream.processor.frame.person_ids import NATIONAL_FIELDS

_MICROSECONDS_A_MINUTE = 60_000_000


def with_repeated(items: pl.DataFrame) -> pl.DataFrame:
    """The items with a column for each kind of double that there may be."""
    upsert = col("operation") == Operation.UPSERT.value
    ids = items.get_column("_local_id")
    # The cheap look first: nearly every frame ends here.
    if ids.n_unique() < ids.len():
        local_id = pl.when(upsert).then(col("_local_id"))
        items = items.with_columns(_repeated(local_id).alias("_id_repeated"))
    minutes = items.get_column("start") // _MICROSECONDS_A_MINUTE
    if "consultation_id" in items.columns and minutes.n_unique() < minutes.len():
        items = items.with_columns(_visit_repeated(items, upsert).alias("_visit_repeated"))
    return items


def _visit_repeated(items: pl.DataFrame, upsert: pl.Expr) -> pl.Expr:
    timed = (col("time_precision") != PRECISION_DATE).fill_null(value=True)
    held = (col("attendance") == ATTENDED).fill_null(value=False)
    person = pl.when(upsert & timed & held).then(_person())
    # Nothing but whole minutes is compared: seconds are how two exports of one visit differ.
    repeated = _repeated(person, col("start") // _MICROSECONDS_A_MINUTE)
    return repeated & ~col("_id_repeated") if "_id_repeated" in items.columns else repeated


def _person() -> pl.Expr:
    return pl.coalesce(
        pl.when(col(f"_{field}_kind").is_not_null()).then(col(f"_{field}_number"))
        for field in NATIONAL_FIELDS
    )


def _repeated(what: pl.Expr, *more: pl.Expr) -> pl.Expr:
    """Whether another item of the delivery has the same; null counts as never the same."""
    same = pl.struct(
        col("_delivery"), what.alias("_0"), *(e.alias(f"_{n}") for n, e in enumerate(more, start=1))
    )
    return same.is_duplicated() & what.is_not_null()
