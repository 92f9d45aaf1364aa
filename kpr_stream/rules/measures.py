"""The rules for weight, length and head circumference.

All set a value aside or warn. Values are in grams and millimetres here: connectors convert them
(``connectors/mapping/systems.py`` names each system's units).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_

import polars as pl
from polars import col

from kpr_stream.model.codes import LYING, STANDING
from kpr_stream.model.words import Severity
from kpr_stream.reference import growth
from kpr_stream.rules.actions import CHECK_OR_NO_ZERO, CHECK_RECORD_OR_LEAVE, RIGHT_UNIT
from kpr_stream.rules.rule import CHILDREN, CHILDREN_AND_PUPILS, Action, Responsible, Rule

UPRIGHT_FROM_DAYS = 274
"""Nine months: WHO's own program treats a younger child as not measured standing."""
LIES_UNTIL_DAYS = 1461
"""Four years: the guideline measures standing from the age of two. Illness may delay that, but
not by years."""


@dataclass(frozen=True, slots=True)
class _Measure:
    """One measure, with the limits and words that its rules use."""

    field: str
    """The contract field of the value."""
    reason: str
    """The contract field that says why there is no value."""
    no: str
    """Name in Norwegian, with the article: the first word of a text."""
    en: str
    """Name in English, in the same way."""
    low: int
    """The smallest possible value, in ``unit``."""
    high: int
    """The largest possible value, in ``unit``."""
    unit: str
    """The contract's unit, as texts write it."""
    slip_no: str
    """The unit that is often sent by mistake, in Norwegian."""
    slip_en: str
    """The same in English."""
    factor: int
    """The factor of the common mistake: a unit too large or too small."""
    score: growth.Measure
    """The z-score whose flag the processor derives."""


_NO = ("utenfor", "under", "eller over")
_EN = ("outside", "below", "or above")

MEASURES = (
    _Measure(
        "weight_g",
        "weight_reason_not_measured",
        "Vekten",
        "The weight",
        200,
        250_000,
        "g",
        "kilogram",
        "kilograms",
        1000,
        growth.Measure.WEIGHT,
    ),
    _Measure(
        "length_mm",
        "length_reason_not_measured",
        "Lengden",
        "The length",
        200,
        2_500,
        "mm",
        "centimeter",
        "centimetres",
        10,
        growth.Measure.LENGTH,
    ),
    _Measure(
        "head_circumference_mm",
        "head_circumference_reason_not_measured",
        "Hodeomkretsen",
        "The head circumference",
        150,
        700,
        "mm",
        "centimeter",
        "centimetres",
        10,
        growth.Measure.HEAD_CIRCUMFERENCE,
    ),
)


def measure_rules() -> tuple[Rule, ...]:
    """The rules, in the order in which findings are reported."""
    return (
        *(_slip(measure) for measure in MEASURES),
        *(_impossible(measure) for measure in MEASURES),
        *(_and_reason(measure) for measure in MEASURES),
        *(_unusual(measure) for measure in MEASURES),
        Rule(
            id="BMI_UNUSUAL_FOR_AGE",
            severity=Severity.WARN,
            services=CHILDREN_AND_PUPILS,
            field="weight_g",
            text_no="Vekt og lengde gir en KMI utenfor WHOs grenser for rimelige verdier for alder "
            f"og kjønn (z-skår {_beyond(growth.Measure.BMI, *_NO)}). Begge er lagret.",
            text_en="Weight and length give a BMI outside WHO's limits for plausible values for "
            f"age and sex (z-score {_beyond(growth.Measure.BMI, *_EN)}). Both are stored.",
            action=CHECK_RECORD_OR_LEAVE,
            check=~col("_bmi_z_flag"),
            watches="_bmi_z_flag",
            depends_on=("length_mm",),
        ),
        Rule(
            id="LENGTH_POSITION_AGAINST_AGE",
            severity=Severity.WARN,
            services=CHILDREN,
            field="length_position",
            text_no="Målestillingen passer ikke med alderen: barnet er målt stående før ni "
            "måneder, eller liggende etter fire år.",
            text_en="The measuring position does not fit the age: the child is measured standing "
            "before nine months, or lying after four years.",
            action=CHECK_RECORD_OR_LEAVE,
            check=~(
                ((col("length_position") == STANDING) & (col("_age_days") < UPRIGHT_FROM_DAYS))
                | ((col("length_position") == LYING) & (col("_age_days") > LIES_UNTIL_DAYS))
            ),
        ),
    )


def _looks_slipped(measure: _Measure) -> pl.Expr:
    """The value is impossible, but possible when multiplied or divided by the factor."""
    small, large = _slipped(measure)
    return col(measure.field).is_between(*small) | col(measure.field).is_between(*large)


def _slipped(measure: _Measure) -> tuple[tuple[int, int], tuple[int, int]]:
    low, high, factor = measure.low, measure.high, measure.factor
    return (
        (max(1, low // factor), min(low - 1, high // factor)),
        (max(high + 1, low * factor), high * factor),
    )


def _slip(measure: _Measure) -> Rule:
    return Rule(
        id=f"{_name(measure)}_UNIT_SLIP",
        severity=Severity.SET_ASIDE,
        field=measure.field,
        text_no=f"{measure.no} ser ut til å være sendt i {measure.slip_no}, eller regnet om to "
        f"ganger (ganget med {measure.factor} to ganger). Verdien er ikke lagret.",
        text_en=f"{measure.en} seems to be sent in {measure.slip_en}, or converted twice "
        f"(multiplied by {measure.factor} two times). The value is not stored.",
        action=RIGHT_UNIT,
        check=~_looks_slipped(measure),
    )


def _impossible(measure: _Measure) -> Rule:
    range_no = f"{measure.low}–{measure.high} {measure.unit}"
    return Rule(
        id=f"{_name(measure)}_IMPOSSIBLE",
        severity=Severity.SET_ASIDE,
        field=measure.field,
        text_no=f"{measure.no} ligger utenfor {range_no}, og er ikke lagret.",
        text_en=f"{measure.en} is outside {range_no}, and is not stored.",
        action=CHECK_OR_NO_ZERO,
        check=_possible_or_slipped(measure),
    )


def _possible_or_slipped(measure: _Measure) -> pl.Expr:
    small, large = _slipped(measure)
    ranges = [small, (measure.low, measure.high), large]
    if small[1] + 1 == measure.low and measure.high + 1 == large[0]:
        ranges = [(small[0], large[1])]
    return reduce(or_, (col(measure.field).is_between(*within) for within in ranges))


def _unusual(measure: _Measure) -> Rule:
    flag = f"_{_name(measure).lower()}_z_flag"
    return Rule(
        id=f"{_name(measure)}_UNUSUAL_FOR_AGE",
        severity=Severity.WARN,
        services=CHILDREN_AND_PUPILS,
        field=measure.field,
        text_no=f"{measure.no} ligger utenfor WHOs grenser for rimelige verdier for alder og kjønn "
        f"(z-skår {_beyond(measure.score, *_NO)}). Verdien er lagret. Et for tidlig født barn kan "
        "ligge utenfor grensene.",
        text_en=f"{measure.en} is outside WHO's limits for plausible values for age and sex "
        f"(z-score {_beyond(measure.score, *_EN)}). The value is stored. A preterm child may be "
        "outside the limits.",
        action=CHECK_RECORD_OR_LEAVE,
        check=~col(flag),
        watches=flag,
        depends_on=("birth_date", "sex"),
    )


def _beyond(score: growth.Measure, outside: str, below: str, above: str) -> str:
    """WHO's limits of a z-score, in words."""
    low, high = growth.PLAUSIBLE[score]
    return f"{outside} ±{high:g}" if -low == high else f"{below} −{-low:g} {above} {high:g}"


def _and_reason(measure: _Measure) -> Rule:
    return Rule(
        id=f"{_name(measure)}_AND_REASON",
        severity=Severity.WARN,
        field=measure.reason,
        text_no=f"{measure.no} er oppgitt sammen med en grunn til at den ikke er målt. Begge er "
        "lagret.",
        text_en=f"{measure.en} is given together with a reason why it was not measured. Both are "
        "stored.",
        action=Action(
            (Responsible.EPJ_VENDOR, Responsible.HEALTH_STATION),
            "Leverandøren sender grunnen bare når målingen mangler. Står begge i journalen, retter "
            "virksomheten journalen.",
            "The EPJ vendor sends the reason only if the measurement is missing. If both are in "
            "the record, the health station corrects the record.",
        ),
        check=col(measure.field).is_null() | col(measure.reason).is_null(),
    )


def _name(measure: _Measure) -> str:
    return measure.field.rpartition("_")[0].upper()
