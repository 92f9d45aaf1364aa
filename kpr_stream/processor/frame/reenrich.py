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

from kpr_stream.model.words import Service
from kpr_stream.processor.frame.derive import with_growth
from kpr_stream.processor.frame.enrich import with_step
from kpr_stream.reference import Reference
from kpr_stream.reference.breastfeeding import normalised
from kpr_stream.reference.geography import municipality_valid
from kpr_stream.reference.growth import Measure

_EPOCH = date(1970, 1, 1)
_TEXTS = (
    *("service", "sex", "length_position", "consultation_type", "contact_form", "attendance"),
    *("breastfeeding", "municipality_code"),
)
_NUMBERS = ("weight_g", "length_mm", "head_circumference_mm", "grade")
_SCORES = tuple(f"{m}_{end}" for m in Measure for end in ("z", "z_reference", "z_flag"))


def enrich_again(
    records: Sequence[Mapping[str, Any]], reference: Reference
) -> list[dict[str, Any]]:
    """The records (decoded, live) with everything recomputed that comes from ``reference``."""
    if not records:
        return []
    stored = pl.DataFrame(
        {
            **{name: pl.Series([r[name] for r in records], dtype=pl.String) for name in _TEXTS},
            **{name: pl.Series([r[name] for r in records], dtype=pl.Int32) for name in _NUMBERS},
            "programme_step": pl.Series(
                [r["programme_step_reported"] for r in records], dtype=pl.String
            ),
            "_step_said": [
                r["programme_step_reported"] is not None or "programme_step" in r["set_aside"]
                for r in records
            ],
            "_age_days": pl.Series([r["age_days"] for r in records], dtype=pl.Int32),
            "_date": pl.Series([_days(r["date"]) for r in records], dtype=pl.Int32),
        }
    )
    known = with_step(with_growth(stored, reference), reference)
    status = normalised(col("breastfeeding"), reference.breastfeeding)
    made = known.select(
        *(col(f"_{name}").alias(name) for name in _SCORES),
        pl.when(col("service") == Service.HELSESTASJON_0_5)
        .then(status)
        .alias("breastfeeding_status"),
        municipality_valid(
            col("municipality_code"), col("_date"), reference.municipality_validity
        ).alias("municipality_valid"),
        col("_step").alias("programme_step"),
        col("_step_found_by").alias("programme_step_found_by"),
    )
    return [
        {**record, **row, "reference_version": reference.version}
        for record, row in zip(records, made.iter_rows(named=True), strict=True)
    ]


def _days(day: date | int | None) -> int | None:
    return (day - _EPOCH).days if isinstance(day, date) else day
