"""Give the fields of a cleaned record that follow from what was sent."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from polars import col, lit

from kpr_stream.model.words import Service
from kpr_stream.simulate.nation import codes
from kpr_stream.simulate.nation.export.write import Series
from kpr_stream.simulate.nation.records.faults import KIND_WITH_ID, UNKNOWN_KIND, Fault
from kpr_stream.simulate.nation.records.lines import (
    place_codes,
    programme_steps,
)
from kpr_stream.simulate.nation.truth.tables import effect_of, names_of
from kpr_stream.simulate.nation.visits.assemble import APPOINTMENT
from kpr_stream.simulate.nation.visits.visits import IdBits


def content_names() -> tuple[str, ...]:
    return tuple(_content_exprs([], []))


def content(series: Series) -> list[pl.Expr]:
    found = _content_exprs(place_codes(series.place), programme_steps(series.system))
    return [expr.alias(name) for name, expr in found.items()]


def _content_exprs(
    own: Sequence[tuple[str, str | None]], steps: Sequence[str]
) -> dict[str, pl.Expr]:
    """Return the fields of the cleaned record that follow from what was sent, by name."""
    consultation = col("type") != APPOINTMENT
    sent_weight = col("fault").is_in([Fault.WEIGHT_IN_OTHER_UNIT, Fault.WEIGHT_AS_TEXT])
    kinds = [*names_of(codes.Kind)]
    aside = lit(
        pl.Series([effect_of(n, "set_aside") for n in range(len(Fault))], dtype=pl.String)
    ).gather(col("fault"))
    roles = pl.Series([",".join(roles) for roles in codes.ROLES])
    kind = (
        pl.when(col("kind") == UNKNOWN_KIND)
        .then(lit("KURS"))
        .when(col("kind") != KIND_WITH_ID)
        .then(_text("kind", kinds))
    )
    return {
        "person_kind": _person_kind(),
        "person_number": _person_number(),
        "date": col("day"),
        "minute": pl.when(col("date_only") == 0).then(col("minute")),
        "consultation_type": kind,
        "attendance": _text("attendance", names_of(codes.Attendance)),
        "service": pl.when(consultation).then(_text("service", tuple(Service))),
        "contact_form": pl.when(consultation).then(_text("form", names_of(codes.Form))),
        "programme_step_reported": _text("step", steps),
        "grade": col("grade"),
        "duration_minutes": pl.when(consultation).then(col("duration")),
        "group_size": pl.when(consultation).then(col("group_size")),
        "practitioner_roles": pl.when(consultation).then(lit(roles).gather(col("roles"))),
        "sex": col("sex").cast(pl.String),
        "age_days": pl.when(col("day") >= col("born")).then(col("day") - col("born")),
        "weight_g": pl.when(~sent_weight).then(col("weight")),
        "weight_reason_not_measured": _text("weight_reason", names_of(codes.Reason)),
        "length_mm": pl.when(col("fault") != Fault.LENGTH_IN_OTHER_UNIT).then(col("length")),
        "length_position": _text("position", names_of(codes.Position)),
        "length_reason_not_measured": _text("length_reason", names_of(codes.Reason)),
        "head_circumference_mm": col("head"),
        "head_circumference_reason_not_measured": _text("head_reason", names_of(codes.Reason)),
        "breastfeeding": _text("breastfeeding", names_of(codes.Breastfeeding)),
        "maternity_discharge_date": col("discharge"),
        "municipality_code": _text_at("code", [code for code, _ in own]),
        "district_code": _text_at("code", [district for _, district in own]),
        "set_aside": aside,
        "fault": _text("fault", names_of(Fault)),
    }


def _person_kind() -> pl.Expr:
    usable = col("ids") & IdBits.WRONG_DIGIT == 0
    return (
        pl.when(col("fnr").is_not_null() & usable)
        .then(lit("fnr"))
        .when(col("dnr").is_not_null())
        .then(lit("dnr"))
        .when(col("duf").is_not_null())
        .then(lit("duf"))
        .when(col("person").is_not_null())
        .then(lit("local"))
    )


def _person_number() -> pl.Expr:
    usable = col("ids") & IdBits.WRONG_DIGIT == 0
    return pl.coalesce(
        pl.when(usable).then(col("fnr").cast(pl.String).str.zfill(11)),
        col("dnr").cast(pl.String).str.zfill(11),
        col("duf").cast(pl.String).str.zfill(12),
        col("person_local_id"),
    )


def _text(name: str, values: Sequence[str]) -> pl.Expr:
    index = pl.when(col(name) < len(values)).then(col(name))
    return lit(pl.Series([str(value) for value in values])).gather(index)


def _text_at(name: str, values: Sequence[str | None]) -> pl.Expr:
    return lit(pl.Series(values, dtype=pl.String)).gather(col(name))
