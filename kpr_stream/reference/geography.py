"""Municipalities and city districts with the days their codes were valid.

Source: SSB KLASS 131 and 103; see ``data/SOURCES.md``. ``valid_to`` is exclusive. Svalbard, Jan
Mayen and the shelf have codes outside the municipalities and are always valid; 9999 never is.
"""

from __future__ import annotations

import polars as pl

from kpr_stream.reference.validity import FOREVER

AREA = "area"
"""Kind of a code outside the municipalities that stands for a place; the other is ``unknown``."""
_MUNICIPALITY = r"^[0-9]{3,4}$"
_DISTRICT = r"^[0-9]{5,6}$"


def padded_municipality(code: pl.Expr) -> pl.Expr:
    """A municipality code with its leading zero (301 is 0301); null for what is no code."""
    return pl.when(code.str.contains(_MUNICIPALITY)).then(code.str.zfill(4))


def padded_district(code: pl.Expr) -> pl.Expr:
    """A district code with its leading zero (30101 is 030101); null for what is no code."""
    return pl.when(code.str.contains(_DISTRICT)).then(code.str.zfill(6))


def with_other_areas(municipalities: pl.DataFrame, other_areas: pl.DataFrame) -> pl.DataFrame:
    """``code, valid_from, valid_to`` of municipalities and of the areas that can be lived in."""
    always = other_areas.filter(pl.col("kind") == AREA).select(
        "code",
        pl.lit(-FOREVER, pl.Int32).alias("valid_from"),
        pl.lit(FOREVER, pl.Int32).alias("valid_to"),
    )
    return pl.concat([municipalities.select(always.columns), always])


def validity_by_number(places: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """``valid_from`` and ``valid_to`` by the code as a number; null where there is no such code."""
    numbered = places.select(
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


def district_valid(code: pl.Expr, day: pl.Expr, districts: pl.DataFrame) -> pl.Expr:
    """Whether a district code of 6 digits was valid on a day; null without code or day.

    ``districts`` has ``code, valid_from, valid_to``; it is small, so it goes into the expression.
    """
    valid_from, valid_to = (
        code.replace_strict(
            dict(districts.select("code", name).iter_rows()), default=None, return_dtype=pl.Int32
        )
        for name in ("valid_from", "valid_to")
    )
    held = (valid_from <= day) & (day < valid_to)
    return pl.when(code.is_not_null() & day.is_not_null()).then(held.fill_null(value=False))


def district_belongs(district: pl.Expr, municipality: pl.Expr) -> pl.Expr:
    """Whether a district of 6 digits is one of a municipality of 4; null without either."""
    return district.str.head(4) == municipality
