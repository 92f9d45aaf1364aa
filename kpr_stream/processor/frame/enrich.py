"""Make the content fields of the cleaned record from judged items. Pure.

A field that item and cleaned record share under one name is carried over: both schemas have it, so
it is not listed here. Only fields with logic of their own are.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import polars as pl
from polars import col

from kpr_stream.model import identifiers
from kpr_stream.model.codes import PRECISION_DATE
from kpr_stream.model.person_id import IdKind
from kpr_stream.model.words import MessageType
from kpr_stream.processor.frame.derive import SCORE_FIELDS, without_set_aside
from kpr_stream.processor.frame.person_ids import (
    NATIONAL_FIELDS,
    h_number_as_meant,
)
from kpr_stream.processor.frame.validate import Judged
from kpr_stream.reference import Reference, programme
from kpr_stream.reference.programme import (
    BY_AGE,
    BY_GRADE,
    BY_REPORT,
    BY_SCHOOL_YEAR,
    VisitColumns,
)
from kpr_stream.schemas.contract import cleaned_schema

_MICROSECONDS_A_MINUTE = 60_000_000


def enriched(judged: Judged, message_type: MessageType, reference: Reference) -> pl.DataFrame:
    """Return identity columns (named ``_…``) and the content of cleaned records."""
    left_out = frozenset(name for names in judged.set_aside for name in names)
    items = without_set_aside(judged.items, message_type, left_out)
    if message_type == MessageType.CONSULTATION:
        items = with_step(items, reference)
    sent = tuple(name for name in judged.items.columns if not name.startswith("_"))
    content = cleaned_content(message_type, sent)
    return items.select(*identity_columns(message_type), *content)


@cache
def cleaned_content(message_type: MessageType, sent: tuple[str, ...]) -> tuple[pl.Expr, ...]:
    """Return the content of the cleaned record, in schema order; dates in days.

    ``sent`` are the fields of the items' contract. Keys, status, unit, system, version and findings
    are left to the caller. A field that an older contract does not have is left out, and its
    default is written.
    """
    own = _with_own_logic(message_type)
    carried = carried_over(message_type, sent)
    return tuple(
        own[name].alias(name) if name in own else col(name)
        for name in cleaned_schema(message_type).field_names
        if name in own or name in carried
    )


@cache
def carried_over(message_type: MessageType, sent: tuple[str, ...]) -> frozenset[str]:
    """Return the fields that item and cleaned record share and store as sent."""
    shared = frozenset(sent).intersection(cleaned_schema(message_type).field_names)
    return shared - _with_own_logic(message_type).keys()


@cache
def _with_own_logic(message_type: MessageType) -> Mapping[str, pl.Expr]:
    """Return how each cleaned field is made that is not a plain copy of an item field.

    Over the contract's columns, the facts, the derived columns, the step, and
    ``_sent_municipality`` and ``_sent_district`` of the delivery.
    """
    both = {
        "date": col("_date"),
        "municipality_code": col("_municipality_code"),
        "age_days": col("_age_days"),
    }
    if message_type == MessageType.APPOINTMENT:
        return both
    return {
        **both,
        "age_months": col("_age_months"),
        **{name: col(f"_{name}") for names in SCORE_FIELDS.values() for name in names},
        "breastfeeding_status": col("_breastfeeding_status"),
        "municipality_valid": col("_municipality_valid"),
        "district_code": col("_district_code"),
        "programme_step_reported": col("programme_step"),
        "programme_step": col("_step"),
        "programme_step_found_by": col("_step_found_by"),
    }


def with_step(items: pl.DataFrame, reference: Reference) -> pl.DataFrame:
    """Return the judged items with ``_step`` and ``_step_found_by``.

    Candidates are looked for only if some item reported no step.
    """
    candidates = not items.get_column("_step_reported").all()
    found = items.with_columns(_steps(reference, candidates=candidates))
    return found.with_columns(_chosen_step(candidates=candidates))


@cache
def _steps(reference: Reference, *, candidates: bool) -> tuple[pl.Expr, ...]:
    visit = VisitColumns(
        reported=col("programme_step"),
        was_reported=col("_step_reported"),
        service=col("service"),
        consultation_type=col("consultation_type"),
        contact_form=col("contact_form"),
        attendance=col("attendance"),
        grade=col("grade"),
        age=col("_age_days"),
        day=col("_date"),
    )
    reported = programme.reported_step(visit, reference.steps).alias("_step_by_report")
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
    ways = [(BY_REPORT, col("_step_by_report"))]
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
    """Return what identifies person and visit.

    ``_id_fnr`` to ``_id_local`` (the usable id of each kind), ``_start_minute``, ``_group_id``,
    ``_birth_date`` and ``_sex`` of the person.
    """
    local = pl.coalesce(
        # Not a value that a rule has set aside.
        pl.when(col("person_local_id").is_not_null()).then(col("_person_local_id")),
        h_number_as_meant(),
    )
    group = (
        identifiers.identity(col("group_id"), nines=identifiers.FEWEST_NINES)
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
