"""What may leave the house: counts and shares with flags, and the legend of the flags."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import polars as pl

from kpr_stream.analytics.disclosure.hierarchy import PART
from kpr_stream.analytics.disclosure.releases import Release

VALUE, FLAG, SHARE = "value", "flag", "share"


class Flag(StrEnum):
    """Why a number is missing, as `status` of JSON-stat 2.0; the signs are those of SSB and FHI."""

    HIDDEN = ":"
    ZERO = "-"
    IMPOSSIBLE = "."
    NOT_REPORTED = ".."
    NUMBER = ""


LEGEND = {
    Flag.HIDDEN: (
        "Vises ikke av hensyn til personvernet",
        "Hidden to protect persons: small itself, or needed to compute a small one",
    ),
    Flag.ZERO: ("Null", "Zero"),
    Flag.IMPOSSIBLE: (
        "Kan ikke beregnes: ingen i gruppen",
        "Cannot be computed: nobody in the group",
    ),
    Flag.NOT_REPORTED: ("Ikke rapportert", "Not reported"),
}
"""What each flag means, in Bokmål and in English. A page with flags shows it."""


def published(release: Release, not_reported: pl.DataFrame | None = None) -> pl.DataFrame:
    """Return the cells that may be shown: a column a dimension, ``value`` and ``flag``.

    ``value`` is null where it is hidden. Nothing shows whether a hidden cell is sensitive itself.
    Rows of ``not_reported`` name combinations, in some of the dimensions, from which nothing was
    reported: a shown zero of them is no zero.
    """
    table = release.table
    hidden, count = pl.col("hidden"), pl.col(VALUE)
    cells = table.keys.with_columns(
        pl.Series("hidden", release.hidden.ravel()), pl.Series(VALUE, table.cells.ravel())
    )
    silent = pl.lit(value=False)
    if not_reported is not None:
        marked = not_reported.unique().with_columns(silent=pl.lit(value=True))
        cells = cells.join(marked, on=not_reported.columns, how="left", maintain_order="left")
        silent = pl.col("silent").fill_null(value=False) & (count == 0)
    flag = (
        pl.when(hidden)
        .then(pl.lit(Flag.HIDDEN.value))
        .when(silent)
        .then(pl.lit(Flag.NOT_REPORTED.value))
        .when(count == 0)
        .then(pl.lit(Flag.ZERO.value))
        .otherwise(pl.lit(Flag.NUMBER.value))
    )
    shown = pl.when(~hidden & ~silent).then(count)
    return cells.with_columns(flag.alias(FLAG), shown.alias(VALUE)).select(
        *table.names, VALUE, FLAG
    )


def shares(
    cells: pl.DataFrame, numerator: str = "numerator", denominator: str = "denominator"
) -> pl.DataFrame:
    """Return numerator, denominator, share (0 to 1) and flag of each group of published cells.

    ``numerator`` and ``denominator`` are nodes of the dimension ``part``.
    Computed from what is published alone: a share is hidden if either of its counts is.
    """
    group = [name for name in cells.columns if name not in (PART, VALUE, FLAG)]
    sides = [
        _side(cells.filter(pl.col(PART) == node), name, group)
        for node, name in ((numerator, "numerator"), (denominator, "denominator"))
    ]
    both = sides[0].join(sides[1], on=group, how="inner", maintain_order="left")
    flags = [pl.col(f"{name}_{FLAG}") for name in ("numerator", "denominator")]
    any_is = {flag: (flags[0] == flag.value) | (flags[1] == flag.value) for flag in Flag}
    divided = pl.col("numerator") / pl.col("denominator")
    flag = (
        pl.when(any_is[Flag.HIDDEN])
        .then(pl.lit(Flag.HIDDEN.value))
        .when(any_is[Flag.NOT_REPORTED])
        .then(pl.lit(Flag.NOT_REPORTED.value))
        .when(pl.col("denominator") == 0)
        .then(pl.lit(Flag.IMPOSSIBLE.value))
        .otherwise(pl.lit(Flag.NUMBER.value))
    )
    share = pl.when(flag == Flag.NUMBER.value).then(divided)
    return both.select(*group, "numerator", "denominator", share.alias(SHARE), flag.alias(FLAG))


def _side(cells: pl.DataFrame, name: str, group: Sequence[str]) -> pl.DataFrame:
    return cells.select(*group, pl.col(VALUE).alias(name), pl.col(FLAG).alias(f"{name}_{FLAG}"))
