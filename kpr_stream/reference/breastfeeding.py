"""Map the breastfeeding codes that systems report to five statuses.

«Fullt» is Helsedirektoratet's exclusive breastfeeding: only breast milk, vitamins and minerals.
Expressed milk counts as breast milk. The status is that of the day of the consultation.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

FULL, PARTIAL, NONE = "FULLT", "DELVIS", "IKKE"
NOT_ASKED, UNKNOWN = "IKKE_SPURT", "UKJENT"
STATUSES = (FULL, PARTIAL, NONE, NOT_ASKED, UNKNOWN)


def normalised(code: pl.Expr, statuses: Mapping[str, str]) -> pl.Expr:
    """Return the status of a reported code; UKJENT for an unknown code, null for no code."""
    known = code.replace_strict(dict(statuses), default=UNKNOWN, return_dtype=pl.String)
    return pl.when(code.is_not_null()).then(known)


def full_after_less(status: pl.Expr, age: pl.Expr, *, of_one_child: list[pl.Expr]) -> pl.Expr:
    """Return whether a child is reported as fully breastfed after an age at which it was not.

    Over rows of (child, status, age in days): true where the status is FULLT and another row of
    the same child at a lower age has DELVIS or IKKE. Exclusive means never anything else.
    """
    less = pl.when(status.is_in([PARTIAL, NONE])).then(age)
    return (status == FULL) & (age > less.min().over(of_one_child))
