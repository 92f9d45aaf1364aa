"""Enrich: the content fields of the cleaned record, from items that have been judged."""

from __future__ import annotations

from functools import cache

import polars as pl
from polars import col

from kpr_stream.model import identifiers
from kpr_stream.model.codes import PRECISION_DATE
from kpr_stream.model.person_id import IdKind
from kpr_stream.model.words import MessageType
from kpr_stream.processor.frame.derive import without_set_aside
from kpr_stream.processor.frame.person_ids import NATIONAL_FIELDS, h_number_as_meant
from kpr_stream.processor.frame.validate import Judged
from kpr_stream.reference import Reference, programme
from kpr_stream.reference.geography import padded_district, padded_municipality
from kpr_stream.reference.growth import Measure
from kpr_stream.reference.programme import (
    BY_AGE,
    BY_GRADE,
    BY_REPORT,
    BY_SCHOOL_YEAR,
    VisitColumns,
)

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
_Z = tuple(f"{m}_{end}" for m in Measure for end in ("z", "z_reference", "z_flag"))
_MICROSECONDS_A_MINUTE = 60_000_000


def enriched(judged: Judged, message_type: MessageType, reference: Reference) -> pl.DataFrame:
    """What is known of judged items: the identity columns, then the content (``content_names``)."""
    left_out = frozenset(name for names in judged.set_aside for name in names)
    items = without_set_aside(judged.items, message_type, left_out)
    if message_type == MessageType.CONSULTATION:
        items = with_step(items, reference)
    return items.select(*identity_columns(message_type), *cleaned_content(message_type))


@cache
def content_names(message_type: MessageType) -> tuple[str, ...]:
    """The content fields of the cleaned record, in the order of the columns."""
    return tuple(expr.meta.output_name() for expr in cleaned_content(message_type))


@cache
def cleaned_content(message_type: MessageType) -> tuple[pl.Expr, ...]:
    """The content columns of the cleaned record; dates in days.

    Without what the caller knows: keys, status, unit, system, version, and the findings.
    Over the contract's columns, the facts, what was derived, the step, and ``_sent_municipality``
    and ``_sent_district`` of the delivery.
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
        *(col(f"_{name}").alias(name) for name in _Z),
        col("_breastfeeding_status").alias("breastfeeding_status"),
        col("_municipality_valid").alias("municipality_valid"),
        _district().alias("district_code"),
        col("programme_step").alias("programme_step_reported"),
        col("_step").alias("programme_step"),
        col("_step_found_by").alias("programme_step_found_by"),
    )


def with_step(items: pl.DataFrame, reference: Reference) -> pl.DataFrame:
    """The judged items with ``_step`` and ``_step_found_by``.

    Candidates are looked for only where some item may have one.
    """
    said = items.get_column("_step_said")
    found = items.with_columns(_steps(reference, candidates=not said.all()))
    return found.with_columns(_chosen_step(candidates=not said.all()))


@cache
def _steps(reference: Reference, *, candidates: bool) -> tuple[pl.Expr, ...]:
    visit = VisitColumns(
        reported=col("programme_step"),
        was_reported=col("_step_said"),
        service=col("service"),
        consultation_type=col("consultation_type"),
        contact_form=col("contact_form"),
        attendance=col("attendance"),
        grade=col("grade"),
        age=col("_age_days"),
        day=col("_date"),
    )
    reported = programme.reported_step(visit, reference.steps).alias("_step_reported")
    if not candidates:
        return (reported,)
    return (
        reported,
        programme.step_by_age(visit, reference.steps).alias("_step_by_age"),
        programme.step_by_grade(visit, reference.steps).alias("_step_by_grade"),
        programme.step_by_school_year(visit, reference.steps).alias("_step_by_school_year"),
    )


@cache
def _chosen_step(*, candidates: bool) -> tuple[pl.Expr, pl.Expr]:
    ways = [(BY_REPORT, col("_step_reported"))]
    if candidates:
        ways += [
            (BY_AGE, col("_step_by_age")),
            (BY_GRADE, col("_step_by_grade")),
            (BY_SCHOOL_YEAR, col("_step_by_school_year")),
        ]
    how = pl.coalesce(pl.when(step.is_not_null()).then(pl.lit(word)) for word, step in ways)
    return pl.coalesce(step for _, step in ways).alias("_step"), how.alias("_step_found_by")


@cache
def identity_columns(message_type: MessageType) -> tuple[pl.Expr, ...]:
    """``_id_fnr`` to ``_id_local``, the usable id of each kind; ``_start_minute``; ``_group_id``;
    ``_birth_date`` and ``_sex`` of the person."""
    local = pl.coalesce(identifiers.trimmed(col("person_local_id")), h_number_as_meant())
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


def _district() -> pl.Expr:
    """The item's own; else the delivery's, but only where the item is in the same municipality."""
    own = identifiers.trimmed(col("district_code"))
    same_place = col("_municipality_code") == padded_municipality(col("_sent_municipality"))
    sent = pl.when(same_place).then(padded_district(col("_sent_district")))
    return pl.when(own.is_not_null()).then(padded_district(own)).otherwise(sent)
