"""Give the age on a day, in days and in completed months, never corrected for preterm birth."""

from __future__ import annotations

import polars as pl

OLDEST = 55_000
"""The oldest possible age in days, some 150 years. A higher age is a mistyped birth date."""


def age_days(born: pl.Expr, day: pl.Expr) -> pl.Expr:
    """Return the days from birth to a day, both in days since 1970.

    The day of birth is 0. Null before birth and beyond ``OLDEST``.
    """
    age = day.cast(pl.Int64) - born.cast(pl.Int64)
    return pl.when(age.is_between(0, OLDEST)).then(age).cast(pl.Int32)


def completed_months(age: pl.Expr, day: pl.Expr) -> pl.Expr:
    """Return the completed calendar months at an age in days on a day (days since 1970), Int32.

    A month is completed on the day of the month of birth. If a month is too short, it is completed
    on the first of the next: born on 31 January, the first month is completed on 1 March.
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
