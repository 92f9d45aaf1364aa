"""Compute what analysts see of a consultation from the week of birth: z-scores and step. Pure.

The receiver's own expressions (``processor.frame``) get an age that counts from the week. A z-score
is that of the age from its Monday. A step is that of the age from its Thursday: the middle, so that
as many children are placed a few days too young as too old, and a child of the first days of
January is in the class of its year.
"""

from __future__ import annotations

import io
from hashlib import sha256

import polars as pl
from polars import col

from kpr_stream.processor.frame.derive import SCORE_FIELDS, with_growth
from kpr_stream.processor.frame.enrich import with_step
from kpr_stream.reference import Reference
from kpr_stream.reference import tables as t

MIDDLE_OF_WEEK = 3
"""Days from Monday to Thursday."""
_COLUMNS = {
    "consultation_key": pl.String,
    "service": pl.String,
    "consultation_type": pl.String,
    "contact_form": pl.String,
    "attendance": pl.String,
    "grade": pl.Int32,
    "sex": pl.String,
    "day": pl.Int32,
    "birth_week": pl.Int32,
    "weight_g": pl.Int32,
    "length_mm": pl.Int32,
    "length_position": pl.String,
    "head_circumference_mm": pl.Int32,
    "programme_step_reported": pl.String,
    "step_set_aside": pl.String,
}
"""The columns of ``analytics.underived_consultation``; days since 1970."""
_DERIVED_FROM = (
    *(t.PROGRAMME, t.WEIGHT, t.LENGTH, t.BMI, t.HEAD_CIRCUMFERENCE),
    *(t.WEIGHT_2007, t.LENGTH_2007, t.BMI_2007),
)


def derived_rows(rows: pl.DataFrame, reference: Reference) -> pl.DataFrame:
    """Return the columns of ``analytics.derived_consultation``, one row for each of ``rows``."""
    from_monday = pl.when(col("day") >= col("birth_week")).then(col("day") - col("birth_week"))
    known = rows.with_columns(
        from_monday.alias("_age_days"),
        col("day").alias("_date"),
        col("programme_step_reported").alias("programme_step"),
        (col("programme_step_reported").is_not_null() | (col("step_set_aside") == "t")).alias(
            "_step_reported"
        ),
    )
    scored = with_growth(known, reference)
    from_middle = (col("_age_days") - MIDDLE_OF_WEEK).clip(lower_bound=0)
    found = with_step(scored.with_columns(from_middle.alias("_age_days")), reference)
    return found.select(
        "consultation_key",
        col("_step").alias("programme_step"),
        col("_step_found_by").alias("programme_step_found_by"),
        *(col(f"_{name}").alias(name) for names in SCORE_FIELDS.values() for name in names),
    )


def read_rows(csv: bytes) -> pl.DataFrame:
    """Return the rows of ``analytics.underived_consultation`` from CSV with a header."""
    return pl.read_csv(io.BytesIO(csv), schema=_COLUMNS)


def rows_digest(reference: Reference) -> str:
    """Return a digest of the tables that rows are derived of: programme and growth.

    Geography is not among them, so that a reform changes no row.
    """
    whole = sha256()
    for table in _DERIVED_FROM:
        whole.update(reference.frames[table.file].write_csv().encode())
    return whole.hexdigest()
