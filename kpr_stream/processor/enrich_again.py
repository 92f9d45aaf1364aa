"""Enrich again: what a cleaned consultation has from reference data, made anew from itself. Pure.

Any year back: nothing but the record and the reference is needed. What a reservation has taken out
stays out, since nothing can be made of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
from polars import col

from kpr_stream.processor.enrich import FOUND_BY_REPORT
from kpr_stream.reference import Reference
from kpr_stream.reference.geography import municipality_valid

_EPOCH = date(1970, 1, 1)


def enrich_again(
    records: Sequence[Mapping[str, Any]], reference: Reference
) -> list[dict[str, Any]]:
    """The records (decoded, live) with everything recomputed that comes from ``reference``."""
    if not records:
        return []
    sent = pl.DataFrame(
        {
            "municipality_code": [r["municipality_code"] for r in records],
            "date": [_days(r["date"]) for r in records],
            "programme_step_reported": [r["programme_step_reported"] for r in records],
        },
        schema={
            "municipality_code": pl.String,
            "date": pl.Int32,
            "programme_step_reported": pl.String,
        },
    )
    step = col("programme_step_reported").replace_strict(
        reference.programme_steps, default=None, return_dtype=pl.String
    )
    made = sent.select(
        municipality_valid(
            col("municipality_code"), col("date"), reference.municipality_validity
        ).alias("municipality_valid"),
        step.alias("programme_step"),
        pl.when(step.is_not_null()).then(pl.lit(FOUND_BY_REPORT)).alias("programme_step_found_by"),
    )
    return [
        {**record, **row, "reference_version": reference.version}
        for record, row in zip(records, made.iter_rows(named=True), strict=True)
    ]


def _days(day: date | int | None) -> int | None:
    return (day - _EPOCH).days if isinstance(day, date) else day
