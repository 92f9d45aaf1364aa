"""Find repeats inside a delivery, as columns for ``facts``. Pure.

`_id_repeated`: another upsert of the delivery has the same local id. A delete and an upsert of one
id are not a repeat: some systems correct that way. `_visit_repeated`: another attended consultation
of the same person (by national id) in the delivery starts in the same minute under another local
id.
"""

from __future__ import annotations

import polars as pl
from polars import col

from kpr_stream.model.codes import ATTENDED, PRECISION_DATE
from kpr_stream.model.words import Operation
from kpr_stream.processor.frame.person_ids import NATIONAL_FIELDS

_MICROSECONDS_A_MINUTE = 60_000_000


def with_repeated(items: pl.DataFrame) -> pl.DataFrame:
    """Return the items with a column for each kind of repeat that may occur."""
    upsert = col("operation") == Operation.UPSERT.value
    ids = items.get_column("_local_id")
    # The cheap test first: nearly every frame has no repeat and is done here.
    if ids.n_unique() < ids.len():
        local_id = pl.when(upsert).then(col("_local_id"))
        items = items.with_columns(_repeated(local_id).alias("_id_repeated"))
    minutes = items.get_column("_usable_start") // _MICROSECONDS_A_MINUTE
    if "consultation_id" in items.columns and minutes.n_unique() < minutes.len():
        items = items.with_columns(_visit_repeated(items, upsert).alias("_visit_repeated"))
    return items


def _visit_repeated(items: pl.DataFrame, upsert: pl.Expr) -> pl.Expr:
    timed = (col("time_precision") != PRECISION_DATE).fill_null(value=True)
    held = (col("attendance") == ATTENDED).fill_null(value=False)
    # An item without an id or a usable start is rejected: it is no second consultation.
    stored = col("_local_id").is_not_null() & col("_usable_start").is_not_null()
    person = pl.when(upsert & timed & held & stored).then(_person())
    # Whole minutes are compared: two exports of one visit differ in the seconds.
    repeated = _repeated(person, col("_usable_start") // _MICROSECONDS_A_MINUTE)
    return repeated & ~col("_id_repeated") if "_id_repeated" in items.columns else repeated


def _person() -> pl.Expr:
    return pl.coalesce(
        pl.when(col(f"_{field}_kind").is_not_null()).then(col(f"_{field}_number"))
        for field in NATIONAL_FIELDS
    )


def _repeated(what: pl.Expr, *more: pl.Expr) -> pl.Expr:
    """Return whether another item of the delivery has the same value; null never does."""
    same = pl.struct(
        col("_delivery"), what.alias("_0"), *(e.alias(f"_{n}") for n, e in enumerate(more, start=1))
    )
    return same.is_duplicated() & what.is_not_null()
