"""Age on a day: chronological, never corrected for preterm birth; in days, in completed months."""

from __future__ import annotations

import polars as pl


def age_days(born: pl.Expr, day: pl.Expr) -> pl.Expr:
    """Days from birth (day 0) to a day, both in days since 1970; null before birth."""
    age = day - born
    return pl.when(age >= 0).then(age)


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
