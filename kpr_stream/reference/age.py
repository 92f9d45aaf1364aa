"""Age on a day: chronological, never corrected for preterm birth; in days, in completed months."""

from __future__ import annotations

import polars as pl

OLDEST = 55_000
"""Days: some 150 years. What lies beyond is a mistyped birth date."""


def age_days(born: pl.Expr, day: pl.Expr) -> pl.Expr:
    """Days from birth (day 0) to a day, both in days since 1970; null before birth and beyond
    ``OLDEST``: no person."""
    age = day.cast(pl.Int64) - born.cast(pl.Int64)
    return pl.when(age.is_between(0, OLDEST)).then(age).cast(pl.Int32)


def completed_months(age: pl.Expr, day: pl.Expr) -> pl.Expr:
    """Calendar months completed at an age in days on a day (days since 1970), Int32.

    A month is completed on the day of the month one was born on; where a month is too short for
    that day, on the first of the next: born on 31 January, one month is completed on 1 March.
    """
    today = day.cast(pl.Date)
    born = (day - age).cast(pl.Date)
    months = (
        (today.dt.year() - born.dt.year()) * 12
        + today.dt.month().cast(pl.Int32)
        - born.dt.month().cast(pl.Int32)
    )
    not_yet = today.dt.day() < born.dt.day()
    return months - not_yet.cast(pl.Int32)
