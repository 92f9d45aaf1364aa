"""Municipalities and city districts with the days their codes were valid.

Source: SSB KLASS 131 and 103; see ``data/SOURCES.md``. ``valid_to`` is exclusive.
"""

from __future__ import annotations

import polars as pl

FOREVER = 2**31 - 1
"""Days since 1970 for «still valid»: later than any date."""
UNKNOWN_DISTRICTS = ("030199", "110399", "120199", "160199", "460199", "500199")
"""«Unknown district» of the cities that have districts: in health data, not in KLASS."""
_MUNICIPALITY = r"^[0-9]{3,4}$"
_DISTRICT = r"^[0-9]{5,6}$"


def with_days(rows: pl.DataFrame) -> pl.DataFrame:
    """Validity as days since 1970 (Int32) in place of text dates."""
    return rows.with_columns(
        pl.col("valid_from").str.to_date().cast(pl.Int32),
        pl.col("valid_to").str.to_date().cast(pl.Int32).fill_null(FOREVER),
    )


def padded_municipality(code: pl.Expr) -> pl.Expr:
    """A municipality code with its leading zero (301 is 0301); null for what is no code."""
    return pl.when(code.str.contains(_MUNICIPALITY)).then(code.str.zfill(4))


def padded_district(code: pl.Expr) -> pl.Expr:
    """A district code with its leading zero (30101 is 030101); null for what is no code."""
    return pl.when(code.str.contains(_DISTRICT)).then(code.str.zfill(6))


def validity_by_number(municipalities: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """``valid_from`` and ``valid_to`` by the code as a number; null where there is no such code."""
    numbered = municipalities.select(
        pl.col("code").cast(pl.Int64).alias("number"), "valid_from", "valid_to"
    )
    every = pl.DataFrame({"number": range(10_000)}, schema={"number": pl.Int64})
    table = every.join(numbered, on="number", how="left", maintain_order="left")
    return table.get_column("valid_from"), table.get_column("valid_to")


def municipality_valid(
    code: pl.Expr, day: pl.Expr, validity: tuple[pl.Series, pl.Series]
) -> pl.Expr:
    """Whether a code of 4 digits was valid on a day; null without code or day."""
    number = code.cast(pl.UInt32)
    valid_from, valid_to = (pl.lit(column).gather(number) for column in validity)
    held = (valid_from <= day) & (day < valid_to)
    return pl.when(code.is_not_null() & day.is_not_null()).then(held.fill_null(value=False))
