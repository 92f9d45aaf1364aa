"""Enrich cleaned consultations again, from themselves and the reference. Pure.

Nothing else is needed, so any year back can be enriched again. A value that a reservation removed
stays out: nothing can be made of a missing value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

import polars as pl
from polars import col

from kpr_stream.model.words import MessageType
from kpr_stream.processor.frame.derive import SCORE_FIELDS, breastfeeding_status, with_growth
from kpr_stream.processor.frame.enrich import carried_over, with_step
from kpr_stream.reference import Reference
from kpr_stream.reference.geography import municipality_valid
from kpr_stream.schemas.contract import cleaned_schema, item_schema

_EPOCH = date(1970, 1, 1)
_COLUMN_TYPES = {"string": pl.String, "int": pl.Int32}


def enrich_again(
    records: Sequence[Mapping[str, Any]], reference: Reference
) -> list[dict[str, Any]]:
    """Return records (decoded, live) with all that ``reference`` decides made again."""
    if not records:
        return []
    stored = pl.DataFrame(
        {
            **{
                name: pl.Series([r[name] for r in records], dtype=kind)
                for name, kind in _stored_columns().items()
            },
            "programme_step": pl.Series(
                [r["programme_step_reported"] for r in records], dtype=pl.String
            ),
            "_step_reported": [
                r["programme_step_reported"] is not None or "programme_step" in r["set_aside"]
                for r in records
            ],
            "_age_days": pl.Series([r["age_days"] for r in records], dtype=pl.Int32),
            "_date": pl.Series([_days(r["date"]) for r in records], dtype=pl.Int32),
        }
    )
    known = with_step(with_growth(stored, reference), reference)
    made = known.select(
        *(col(f"_{name}").alias(name) for names in SCORE_FIELDS.values() for name in names),
        breastfeeding_status(reference).alias("breastfeeding_status"),
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


@cache
def _stored_columns() -> dict[str, Any]:
    """Return the cleaned fields that reference data may depend on, with column types.

    All plain texts and whole numbers that are stored as sent, and the municipality.
    """
    sent = item_schema(MessageType.CONSULTATION).field_names
    names = {*carried_over(MessageType.CONSULTATION, sent), "municipality_code"}
    found: dict[str, Any] = {}
    for field in cleaned_schema(MessageType.CONSULTATION).parsed["fields"]:
        branches = field["type"] if isinstance(field["type"], list) else [field["type"]]
        plain = [kind for kind in branches if isinstance(kind, str) and kind in _COLUMN_TYPES]
        if field["name"] in names and plain:
            found[field["name"]] = _COLUMN_TYPES[plain[0]]
    return found


def _days(day: date | int | None) -> int | None:
    return (day - _EPOCH).days if isinstance(day, date) else day
