"""Derive: what follows from an item and the reference data, as columns named ``_…``.

Made before the rules, which look at it; enrichment stores it afterwards, for values that the rules
left in.

| column | meaning |
| --- | --- |
| `_age_days`, `_age_months` | chronological age on the date, in days and in completed months |
| `_weight_z`, `_length_z`, `_bmi_z`, `_head_circumference_z` | z-scores, two decimals |
| `_weight_z_flag`, … | whether it is beyond WHO's limits of plausibility |
| `_growth_reference` | which of WHO's references scores that age |
| `_breastfeeding_status` | the reported code in five words |
| `_step_said` | whether a programme step was reported, known or not |
| `_full_after_less` | fully breastfed after it was not, within one delivery |

A column is missing in no frame; it is null throughout where no item has what it is made of.
"""

from __future__ import annotations

from functools import cache

import polars as pl
from polars import col

from kpr_stream.model.words import MessageType, Service
from kpr_stream.reference import Reference, growth
from kpr_stream.reference.age import age_days, completed_months
from kpr_stream.reference.breastfeeding import FULL, NONE, PARTIAL, full_after_less, normalised
from kpr_stream.reference.growth import Measure

GROWTH_SERVICES = (Service.HELSESTASJON_0_5.value, Service.SKOLEHELSETJENESTE.value)
"""Whose patients are children: a pregnant woman is not a child of odd weight."""
SENT_AS = {
    Measure.WEIGHT: ("weight_g",),
    Measure.LENGTH: ("length_mm",),
    Measure.BMI: ("weight_g", "length_mm"),
    Measure.HEAD_CIRCUMFERENCE: ("head_circumference_mm",),
}
"""The reported measures that a z-score is made of."""
_ONE_CHILD = ("_delivery", "_fnr_number", "_dnr_number", "person_local_id")


def with_derived(
    items: pl.DataFrame, message_type: MessageType, reference: Reference
) -> pl.DataFrame:
    """The items with the derived columns. ``items`` has the contract's columns and the facts."""
    if message_type == MessageType.APPOINTMENT:
        return items.with_columns(_age())
    has = {
        name: items.get_column(name).null_count() < items.height
        for names in SENT_AS.values()
        for name in names
    }
    measures = tuple(m for m, sent in SENT_AS.items() if all(has[name] for name in sent))
    for stage in growth_stages(measures, reference):
        items = items.with_columns(stage)
    return _with_contradictions(items)


@cache
def _age() -> pl.Expr:
    return age_days(col("birth_date"), col("_date")).alias("_age_days")


@cache
def growth_stages(
    measures: tuple[Measure, ...], reference: Reference
) -> tuple[tuple[pl.Expr, ...], ...]:
    """Expressions in the order they build on each other; for the measures that some item has.

    Kept, because a small frame costs more in building expressions than in evaluating them.
    """
    age, sex = col("_age_days"), col("sex")
    child = col("service").is_in(GROWTH_SERVICES)
    length = growth.adjusted_cm(col("length_mm"), col("length_position"), age)
    values = {
        Measure.WEIGHT: col("weight_g") / 1000,
        Measure.LENGTH: length,
        Measure.BMI: growth.bmi(col("weight_g") / 1000, length),
        Measure.HEAD_CIRCUMFERENCE: col("head_circumference_mm") / 10,
    }
    placed = pl.when(child).then(growth.position(sex, age)).alias("_growth_at")
    looked_up = [
        pl.lit(series).gather(col("_growth_at")).alias(f"_{measure}_{letter}")
        for measure in measures
        for letter, series in (
            ("l", reference.growth[measure].l),
            ("m", reference.growth[measure].m),
            ("s", reference.growth[measure].s),
        )
    ]
    scored = [
        growth.z_score(
            values[measure],
            *(col(f"_{measure}_{letter}") for letter in "lms"),
            restricted=measure in growth.RESTRICTED,
        )
        .round(growth.DECIMALS)
        .alias(f"_{measure}_z")
        for measure in measures
    ]
    flagged = [
        growth.is_implausible(measure, col(f"_{measure}_z")).alias(f"_{measure}_z_flag")
        for measure in measures
    ]
    without = [m for m in Measure if m not in measures]
    return (
        (_age(),),
        (
            placed,
            col("programme_step").is_not_null().alias("_step_said"),
            completed_months(age, col("_date")).alias("_age_months"),
            pl.when(col("service") == Service.HELSESTASJON_0_5)
            .then(normalised(col("breastfeeding"), reference.breastfeeding))
            .alias("_breastfeeding_status"),
            growth.reference_label(age).alias("_growth_reference"),
        ),
        tuple(looked_up),
        tuple(scored),
        (
            *flagged,
            *(pl.lit(None, pl.Float64).alias(f"_{m}_z") for m in without),
            *(pl.lit(None, pl.Boolean).alias(f"_{m}_z_flag") for m in without),
        ),
    )


def _with_contradictions(items: pl.DataFrame) -> pl.DataFrame:
    statuses = set(items.get_column("_breastfeeding_status").unique().to_list())
    if FULL not in statuses or not statuses & {PARTIAL, NONE}:
        return items.with_columns(pl.lit(None, pl.Boolean).alias("_full_after_less"))
    return items.with_columns(_full_after_less())


@cache
def _full_after_less() -> pl.Expr:
    found = full_after_less(
        col("_breastfeeding_status"), col("_age_days"), of_one_child=[col(n) for n in _ONE_CHILD]
    )
    known = pl.any_horizontal(col(name).is_not_null() for name in _ONE_CHILD[1:])
    return pl.when(known).then(found).alias("_full_after_less")
