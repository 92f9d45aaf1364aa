"""Derive columns from an item and the reference data, named ``_…``. Pure.

They are made before the rules, which use them. Enrichment stores them afterwards, unless the rules
removed a value that they were made of.

| column | meaning |
| --- | --- |
| `_age_months` | chronological age on the date, in completed months |
| `_weight_z`, `_length_z`, `_bmi_z`, `_head_circumference_z` | z-scores, two decimals |
| `_weight_z_flag`, … | whether the score is beyond WHO's limits of plausibility |
| `_weight_z_reference`, … | which of WHO's references the score is from |
| `_breastfeeding_status` | the reported code in five words |
| `_step_reported` | whether a programme step was reported, known or not |
| `_full_after_less` | fully breastfed after a lesser status, within one delivery |

Every frame has every column; a column is all null if no item has the values that it is made of.
"""

from __future__ import annotations

from functools import cache

import polars as pl
from polars import col

from kpr_stream.model.words import MessageType, Service
from kpr_stream.reference import Reference, growth
from kpr_stream.reference.age import completed_months
from kpr_stream.reference.breastfeeding import FULL, NONE, PARTIAL, full_after_less, normalised
from kpr_stream.reference.growth import Measure

GROWTH_SERVICES = (Service.HELSESTASJON_0_5.value, Service.SKOLEHELSETJENESTE.value)
"""Services whose patients are children: a pregnant woman is not a child of odd weight."""
SENT_AS = {
    Measure.WEIGHT: ("weight_g",),
    Measure.LENGTH: ("length_mm",),
    Measure.BMI: ("weight_g", "length_mm"),
    Measure.HEAD_CIRCUMFERENCE: ("head_circumference_mm",),
}
"""The reported measures that a z-score is made of."""
SCORE_FIELDS = {m: (f"{m}_z", f"{m}_z_flag", f"{m}_z_reference") for m in Measure}
"""The cleaned fields of a score; its columns are named ``_…``."""
_SCORES = {m: tuple(f"_{name}" for name in names) for m, names in SCORE_FIELDS.items()}
_DERIVED: dict[MessageType, tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]] = {
    MessageType.APPOINTMENT: ((("birth_date",), ("_age_days",)),),
    MessageType.CONSULTATION: (
        (("birth_date",), ("_age_days", "_age_months", *(n for z in _SCORES.values() for n in z))),
        *((sent, _SCORES[measure]) for measure, sent in SENT_AS.items()),
        (("breastfeeding",), ("_breastfeeding_status",)),
    ),
}
"""Pairs of fields and the columns made of them."""


def with_derived(
    items: pl.DataFrame, message_type: MessageType, reference: Reference
) -> pl.DataFrame:
    """Return the items with the derived columns.

    ``items`` has the contract's columns and the facts.
    """
    if message_type == MessageType.APPOINTMENT:
        return items
    known = with_growth(items.with_columns(_statements(reference)), reference)
    return _with_contradictions(known)


def with_growth(items: pl.DataFrame, reference: Reference) -> pl.DataFrame:
    """Return the items with z-scores, flags and their reference.

    Reads ``service``, ``sex``, ``_age_days`` and the measures only. A cleaned record has them too,
    so that it can be scored again.
    """
    has = {
        name: items.get_column(name).null_count() < items.height
        for names in SENT_AS.values()
        for name in names
    }
    measures = tuple(m for m, sent in SENT_AS.items() if all(has[name] for name in sent))
    stages = _growth_stages(measures, reference)
    for stage in stages:
        items = items.with_columns(stage)
    far = [m for m in measures if m in growth.RESTRICTED and _reaches_beyond(items, m)]
    if far:
        items = items.with_columns(_restricted(m) for m in far)
    return items.with_columns(_rounded(measures)).with_columns(_flags(measures))


def without_set_aside(
    items: pl.DataFrame, message_type: MessageType, set_aside: frozenset[str]
) -> pl.DataFrame:
    """Return the items without what was derived from a value that the rules removed.

    ``set_aside`` are the fields that some item lost.
    """
    gone = [
        pl.when(pl.all_horizontal(col(name).is_not_null() for name in fields)).then(col(*derived))
        for fields, derived in _DERIVED[message_type]
        if set_aside.intersection(fields)
    ]
    # One after the other: a score may go with its measure and with the age.
    for expr in gone:
        items = items.with_columns(expr)
    return items


def breastfeeding_status(reference: Reference) -> pl.Expr:
    """Return the reported code in five words; for the service 0-5 years only."""
    status = normalised(col("breastfeeding"), reference.breastfeeding)
    return pl.when(col("service") == Service.HELSESTASJON_0_5).then(status)


@cache
def _statements(reference: Reference) -> tuple[pl.Expr, ...]:
    return (
        col("programme_step").is_not_null().alias("_step_reported"),
        completed_months(col("_age_days"), col("_date")).alias("_age_months"),
        breastfeeding_status(reference).alias("_breastfeeding_status"),
    )


@cache
def _growth_stages(
    measures: tuple[Measure, ...], reference: Reference
) -> tuple[tuple[pl.Expr, ...], ...]:
    """Return expressions by stage, for the measures that some item has.

    Cached, because a small frame costs more in building expressions than in evaluating them. In
    stages, because Polars computes a term twice that one expression names twice.
    """
    age = col("_age_days")
    child = (col("service") == GROWTH_SERVICES[0]) | (col("service") == GROWTH_SERVICES[1])
    values = {
        Measure.WEIGHT: _sent(Measure.WEIGHT) / 1000,
        Measure.LENGTH: growth.adjusted_cm(_sent(Measure.LENGTH), col("length_position"), age),
        Measure.HEAD_CIRCUMFERENCE: _sent(Measure.HEAD_CIRCUMFERENCE) / 10,
    }
    placed = (
        pl.when(child).then(growth.position(col("sex"), age)).alias("_growth_at"),
        growth.reference_label(age).alias("_growth_reference"),
        *(value.alias(f"_{measure}") for measure, value in values.items() if measure in measures),
    )
    looked_up = tuple(
        pl.lit(series).gather(col("_growth_at")).alias(f"_{measure}_{letter}")
        for measure in measures
        for letter, series in (
            ("l", reference.growth[measure].l),
            ("m", reference.growth[measure].m),
            ("s", reference.growth[measure].s),
        )
    )
    mass_index = growth.bmi(col("_weight"), col("_length")).alias("_bmi")
    return (
        placed,
        (*looked_up, *((mass_index,) if Measure.BMI in measures else ())),
        tuple(growth.z_score(*_operands(m)).alias(f"_{m}_z") for m in measures),
    )


def _sent(measure: Measure) -> pl.Expr:
    return col(SENT_AS[measure][0])


def _operands(measure: Measure) -> tuple[pl.Expr, pl.Expr, pl.Expr, pl.Expr]:
    return (
        col(f"_{measure}"),
        *(col(f"_{measure}_l"), col(f"_{measure}_m"), col(f"_{measure}_s")),
    )


def _reaches_beyond(items: pl.DataFrame, measure: Measure) -> bool:
    scores = items.get_column(f"_{measure}_z")
    furthest = scores.abs().max()
    return isinstance(furthest, float) and furthest > growth.RESTRICTED_BEYOND


@cache
def _restricted(measure: Measure) -> pl.Expr:
    z = col(f"_{measure}_z")
    return growth.restricted(z, *_operands(measure)).alias(f"_{measure}_z")


@cache
def _rounded(measures: tuple[Measure, ...]) -> tuple[pl.Expr, ...]:
    return (
        *(col(f"_{m}_z").round(growth.DECIMALS) for m in measures),
        *(pl.lit(None, pl.Float64).alias(f"_{m}_z") for m in Measure if m not in measures),
    )


@cache
def _flags(measures: tuple[Measure, ...]) -> tuple[pl.Expr, ...]:
    without = [m for m in Measure if m not in measures]
    return (
        *(growth.is_implausible(m, col(f"_{m}_z")).alias(f"_{m}_z_flag") for m in measures),
        *(
            pl.when(col(f"_{m}_z").is_not_null())
            .then(col("_growth_reference"))
            .alias(f"_{m}_z_reference")
            for m in measures
        ),
        *(pl.lit(None, pl.Boolean).alias(f"_{m}_z_flag") for m in without),
        *(pl.lit(None, pl.String).alias(f"_{m}_z_reference") for m in without),
    )


def _with_contradictions(items: pl.DataFrame) -> pl.DataFrame:
    statuses = set(items.get_column("_breastfeeding_status").unique().to_list())
    if FULL not in statuses or not statuses & {PARTIAL, NONE}:
        return items.with_columns(pl.lit(None, pl.Boolean).alias("_full_after_less"))
    return items.with_columns(_full_after_less())


@cache
def _full_after_less() -> pl.Expr:
    # A rejected item contradicts no other: its age is not known.
    age = pl.when(col("_usable_start").is_not_null()).then(col("_age_days"))
    ids = [
        *(
            pl.when(col(f"_{field}_kind").is_not_null()).then(col(f"_{field}_number"))
            for field in ("fnr", "dnr")
        ),
        col("_person_local_id"),
    ]
    found = full_after_less(
        col("_breastfeeding_status"), age, of_one_child=[col("_delivery"), *ids]
    )
    known = pl.any_horizontal(one.is_not_null() for one in ids)
    return pl.when(known).then(found).alias("_full_after_less")
