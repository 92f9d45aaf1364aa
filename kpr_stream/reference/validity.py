"""Validity of rows: from a day on, until the day before another."""

from __future__ import annotations

import polars as pl

FOREVER = 2**31 - 1
"""Days since 1970 for «still valid»: later than any date."""


def with_days(rows: pl.DataFrame) -> pl.DataFrame:
    """Validity as days since 1970 (Int32) in place of text dates; ``valid_to`` is exclusive."""
    return rows.with_columns(
        pl.col("valid_from").str.to_date().cast(pl.Int32),
        pl.col("valid_to").str.to_date().cast(pl.Int32).fill_null(FOREVER),
    )
