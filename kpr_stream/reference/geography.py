"""Judge municipality and district codes by the days on which they were valid.

Source: SSB KLASS 131 and 103; see ``data/SOURCES.md``. ``valid_to`` is exclusive. Svalbard, Jan
Mayen and the shelf have codes outside the municipalities and are always valid; 9999 never is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import polars as pl

from kpr_stream.reference.validity import FOREVER

AREA = "area"
"""Kind of a code outside the municipalities that denotes a place. The other is ``unknown``."""
_MUNICIPALITY = r"^[0-9]{3,4}$"
_DISTRICT = r"^[0-9]{5,6}$"


def padded_municipality(code: pl.Expr) -> pl.Expr:
    """Return a municipality code with its leading zero (301 is 0301); null if not a code."""
    return pl.when(code.str.contains(_MUNICIPALITY)).then(code.str.zfill(4))


def district_in(municipality: str | None, written: str, known: Collection[str]) -> str | None:
    """Return the district code (6 digits) that a text denotes; None if it denotes none.

    A text of six digits is a code, also one that is in no list. Five digits are a code that lost
    its leading zero as a JSON number. One or two characters are the end of a code within the
    municipality (4 digits): 0301 and ``01`` give 030101. These must be ``known``, because any two
    characters would else become a code. FHI's own test message has such districts.
    """
    if re.fullmatch(_DISTRICT, written):
        return written.zfill(6)
    within = f"{municipality or ''}{written.zfill(2)}"
    return within if within in known else None


def district_as_read(written: pl.Expr, municipality: pl.Expr, known: Sequence[str]) -> pl.Expr:
    """Return what ``district_in`` returns, as a column."""
    within = municipality + written.str.zfill(2)
    return (
        pl.when(written.str.contains(_DISTRICT))
        .then(written.str.zfill(6))
        .when(within.is_in(list(known)))
        .then(within)
    )


def with_other_areas(municipalities: pl.DataFrame, other_areas: pl.DataFrame) -> pl.DataFrame:
    """Return ``code, valid_from, valid_to`` of municipalities and inhabitable other areas."""
    always = other_areas.filter(pl.col("kind") == AREA).select(
        "code",
        pl.lit(-FOREVER, pl.Int32).alias("valid_from"),
        pl.lit(FOREVER, pl.Int32).alias("valid_to"),
    )
    return pl.concat([municipalities.select(always.columns), always])


def validity_by_number(places: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Return ``valid_from`` and ``valid_to`` indexed by the code's number; null for no code."""
    numbered = places.select(
        pl.col("code").cast(pl.Int64).alias("number"), "valid_from", "valid_to"
    )
    every = pl.DataFrame({"number": range(10_000)}, schema={"number": pl.Int64})
    table = every.join(numbered, on="number", how="left", maintain_order="left")
    return table.get_column("valid_from"), table.get_column("valid_to")


def municipality_valid(
    code: pl.Expr, day: pl.Expr, validity: tuple[pl.Series, pl.Series]
) -> pl.Expr:
    """Return whether a municipality code (4 digits) was valid on a day; null without either."""
    number = code.cast(pl.UInt32)
    valid_from, valid_to = (pl.lit(column).gather(number) for column in validity)
    held = (valid_from <= day) & (day < valid_to)
    return pl.when(code.is_not_null() & day.is_not_null()).then(held.fill_null(value=False))


def district_valid(code: pl.Expr, day: pl.Expr, districts: pl.DataFrame) -> pl.Expr:
    """Return whether a district code (6 digits) was valid on a day; null without either.

    ``districts`` has ``code, valid_from, valid_to`` and is small enough for the expression.
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
    """Return whether a district (6 digits) is in a municipality (4 digits); null without either."""
    return district.str.head(4) == municipality
