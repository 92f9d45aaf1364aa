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
