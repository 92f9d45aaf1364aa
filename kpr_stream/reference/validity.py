"""Give rows their validity in days: from the first day until before the last."""

from __future__ import annotations

import polars as pl

FOREVER = 2**31 - 1
"""Days since 1970 of a row that is still valid: later than any date."""


def with_days(rows: pl.DataFrame) -> pl.DataFrame:
    """Replace text dates by days since 1970 (Int32). ``valid_to`` is exclusive."""
    return rows.with_columns(
        pl.col("valid_from").str.to_date().cast(pl.Int32),
        pl.col("valid_to").str.to_date().cast(pl.Int32).fill_null(FOREVER),
    )
