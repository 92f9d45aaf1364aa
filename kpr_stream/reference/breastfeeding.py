"""Breastfeeding status: what systems report, in five words.

«Fullt» is Helsedirektoratet's exclusive breastfeeding: breast milk and nothing else than vitamins
and minerals. Expressed milk counts as breast milk; the status is that of the consultation.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

FULL, PARTIAL, NONE = "FULLT", "DELVIS", "IKKE"
NOT_ASKED, UNKNOWN = "IKKE_SPURT", "UKJENT"
STATUSES = (FULL, PARTIAL, NONE, NOT_ASKED, UNKNOWN)


def normalised(code: pl.Expr, statuses: Mapping[str, str]) -> pl.Expr:
    """The status a reported code stands for; a code we do not know is UKJENT, none stays null."""
    known = code.replace_strict(dict(statuses), default=UNKNOWN, return_dtype=pl.String)
    return pl.when(code.is_not_null()).then(known)


def full_after_less(status: pl.Expr, age: pl.Expr, *, of_one_child: list[pl.Expr]) -> pl.Expr:
    """Whether a child is said to be fully breastfed after it was not, among the rows at hand.

    Over rows of (child, status, age in days): true where the status is FULLT and another row of
    the same child, at a lower age, says DELVIS or IKKE. Exclusive means: never anything else.
    """
    less = pl.when(status.is_in([PARTIAL, NONE])).then(age)
    return (status == FULL) & (age > less.min().over(of_one_child))
