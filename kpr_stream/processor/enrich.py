"""Enrich: the content fields of the cleaned record, from items that have been judged."""

from __future__ import annotations

from functools import cache

import polars as pl
from polars import col

from kpr_stream.keys.pseudonym import IdKind
from kpr_stream.model import identifiers
from kpr_stream.model.codes import PRECISION_DATE
from kpr_stream.model.words import MessageType
from kpr_stream.processor.numbers import NATIONAL_FIELDS
from kpr_stream.reference import Reference
from kpr_stream.reference.geography import padded_district

FOUND_BY_REPORT = "reported"
_AS_THEY_WERE = (
    "service",
    "time_precision",
    "consultation_type",
    "contact_form",
    "attendance",
    "grade",
    "duration_minutes",
    "group_size",
    "practitioner_roles",
    "sex",
    "weight_g",
    "weight_reason_not_measured",
    "length_mm",
    "length_position",
    "length_reason_not_measured",
    "head_circumference_mm",
    "head_circumference_reason_not_measured",
    "breastfeeding",
    "maternity_discharge_date",
)
_MICROSECONDS_A_MINUTE = 60_000_000


@cache
def cleaned_content(message_type: MessageType, reference: Reference) -> tuple[pl.Expr, ...]:
    """The content columns of the cleaned record; dates in days.

    Without what the caller knows: keys, status, unit, system, version, and the findings.
    Over the contract's columns, the facts, and ``_sent_district`` of the delivery.
    """
    shared = [
        col("_date").alias("date"),
        col("_municipality_code").alias("municipality_code"),
        _age_days().alias("age_days"),
    ]
    if message_type == MessageType.APPOINTMENT:
        return (*shared, col("consultation_type"), col("attendance"), col("sex"))
    step = col("programme_step").replace_strict(
        reference.programme_steps, default=None, return_dtype=pl.String
    )
    return (
        *shared,
        *(col(name) for name in _AS_THEY_WERE),
        col("_municipality_valid").alias("municipality_valid"),
        _district().alias("district_code"),
        col("programme_step").alias("programme_step_reported"),
        step.alias("programme_step"),
        pl.when(step.is_not_null()).then(pl.lit(FOUND_BY_REPORT)).alias("programme_step_found_by"),
    )


@cache
def identity_columns(message_type: MessageType) -> tuple[pl.Expr, ...]:
    """``_id_fnr`` to ``_id_local``, the usable id of each kind; ``_start_minute``; ``_group_id``;
    ``_birth_date`` and ``_sex`` of the person."""
    local = pl.coalesce(
        identifiers.trimmed(col("person_local_id")), identifiers.trimmed(col("h_number"))
    )
    group = (
        identifiers.trimmed(col("group_id"))
        if message_type == MessageType.CONSULTATION
        else pl.lit(None)
    )
    return (
        *(
            _id_of(kind).alias(f"_id_{kind}")
            for kind in (IdKind.FNR, IdKind.DNR, IdKind.FH, IdKind.DUF)
        ),
        local.alias(f"_id_{IdKind.LOCAL}"),
        _start_minute(message_type).alias("_start_minute"),
        group.cast(pl.String).alias("_group_id"),
        col("_known_birth_date").alias("_birth_date"),
        col("_known_sex").alias("_sex"),
    )


def _id_of(kind: IdKind) -> pl.Expr:
    return pl.coalesce(
        pl.when(col(f"_{field}_kind") == kind).then(col(f"_{field}_number"))
        for field in NATIONAL_FIELDS
    )


def _start_minute(message_type: MessageType) -> pl.Expr:
    minute = col("start") // _MICROSECONDS_A_MINUTE
    if message_type == MessageType.APPOINTMENT:
        return minute
    return pl.when((col("time_precision") != PRECISION_DATE).fill_null(value=True)).then(minute)


def _age_days() -> pl.Expr:
    age = col("_date") - col("birth_date")
    return pl.when(age >= 0).then(age)


def _district() -> pl.Expr:
    own = identifiers.trimmed(col("district_code"))
    sent = padded_district(col("_sent_district"))
    return pl.when(own.is_not_null()).then(padded_district(own)).otherwise(sent)
