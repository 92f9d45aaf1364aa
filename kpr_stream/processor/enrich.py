"""Enrich: the content fields of the cleaned record, from items that have been judged."""

from __future__ import annotations

from functools import cache

import polars as pl
from polars import col

from kpr_stream.keys.pseudonym import IdKind
from kpr_stream.model import identifiers
from kpr_stream.model.codes import PRECISION_DATE
from kpr_stream.model.words import MessageType
from kpr_stream.processor.derive import SENT_AS
from kpr_stream.processor.facts import NATIONAL_FIELDS
from kpr_stream.reference import Reference, programme
from kpr_stream.reference.geography import padded_district, padded_municipality
from kpr_stream.reference.growth import Measure
from kpr_stream.reference.programme import Visit

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
    Over the contract's columns, the facts, what was derived, ``_sent_municipality`` and
    ``_sent_district`` of the delivery.
    """
    shared = [
        col("_date").alias("date"),
        col("_municipality_code").alias("municipality_code"),
        col("_age_days").alias("age_days"),
    ]
    if message_type == MessageType.APPOINTMENT:
        return (*shared, col("consultation_type"), col("attendance"), col("sex"))
    return (
        *shared,
        *(col(name) for name in _AS_THEY_WERE),
        col("_age_months").alias("age_months"),
        *(expr for measure in Measure for expr in _z_of(measure)),
        pl.when(col("breastfeeding").is_not_null())
        .then(col("_breastfeeding_status"))
        .alias("breastfeeding_status"),
        col("_municipality_valid").alias("municipality_valid"),
        _district().alias("district_code"),
        col("programme_step").alias("programme_step_reported"),
        *_step(reference),
    )


def _z_of(measure: Measure) -> tuple[pl.Expr, ...]:
    """Score, reference and flag of values that were not set aside."""
    left_in = pl.all_horizontal(col(name).is_not_null() for name in SENT_AS[measure])
    z = pl.when(left_in).then(col(f"_{measure}_z"))
    return (
        z.alias(f"{measure}_z"),
        pl.when(z.is_not_null()).then(col("_growth_reference")).alias(f"{measure}_z_reference"),
        pl.when(left_in).then(col(f"_{measure}_z_flag")).alias(f"{measure}_z_flag"),
    )


def _step(reference: Reference) -> tuple[pl.Expr, pl.Expr]:
    visit = Visit(
        reported=col("programme_step"),
        said=col("_step_said"),
        service=col("service"),
        consultation_type=col("consultation_type"),
        contact_form=col("contact_form"),
        attendance=col("attendance"),
        grade=col("grade"),
        age=col("_age_days"),
        day=col("_date"),
    )
    return programme.step_and_how(visit, reference.steps)


@cache
def identity_columns(message_type: MessageType) -> tuple[pl.Expr, ...]:
    """``_id_fnr`` to ``_id_local``, the usable id of each kind; ``_start_minute``; ``_group_id``;
    ``_birth_date``."""
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
        col("birth_date").alias("_birth_date"),
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


def _district() -> pl.Expr:
    """The item's own; else the delivery's, but only where the item is in the same municipality."""
    own = identifiers.trimmed(col("district_code"))
    same_place = col("_municipality_code") == padded_municipality(col("_sent_municipality"))
    sent = pl.when(same_place).then(padded_district(col("_sent_district")))
    return pl.when(own.is_not_null()).then(padded_district(own)).otherwise(sent)
