"""Compute growth z-scores as the World Health Organization does, as columns.

Child Growth Standards (2006; head circumference 2007) below 60 months, by day; Growth reference
5-19 years (2007) from 60 months, interpolated between whole months. A month is 30.4375 days.
Sources: WHO, Child Growth Standards: Methods and development (2006), chapter 7 for the restricted
formula; WHO's packages anthro and anthroplus 1.1 for the limits of age, position and rounding.

L, M and S are laid out by sex and day, so a look-up is a join by position.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

DAYS_A_MONTH = 30.4375
LAST_DAY_OF_STANDARDS = 1826
"""The last whole day below 60 months (1,826.25 days)."""
FIRST_MONTH, FIRST_MONTH_BEYOND = 60, 229
"""Months of the reference 5-19 years. Row 229 serves interpolation only (weight: 121)."""
DAYS = 6940
"""Days of age in the look-up. The last is the last whole day of at most 228 months."""
STANDING_DAY = 731
"""From this day (24 months) the standards are standing height, before it lying length."""
STANDING_PLAUSIBLE_FROM = 274
"""Below this day (9 months) no child is measured upright, so WHO treats the position as unknown."""
POSITION_CM = 0.7
LYING, STANDING = "LIGGENDE", "STAENDE"
STANDARDS_2006, REFERENCE_2007 = "WHO_2006", "WHO_2007"
SEXES = ("1", "2")
RESTRICTED_BEYOND = 3.0
DECIMALS = 2
"""WHO rounds to two decimals before flagging."""


class Measure(StrEnum):
    """The measures with a z-score. The value is the prefix of its columns."""

    WEIGHT = "weight"
    LENGTH = "length"
    BMI = "bmi"
    HEAD_CIRCUMFERENCE = "head_circumference"


PLAUSIBLE: Mapping[Measure, tuple[float, float]] = {
    Measure.WEIGHT: (-6.0, 5.0),
    Measure.LENGTH: (-6.0, 6.0),
    Measure.BMI: (-5.0, 5.0),
    Measure.HEAD_CIRCUMFERENCE: (-5.0, 5.0),
}
"""WHO's limits. A rounded z-score outside is flagged as implausible, and is kept."""
RESTRICTED = frozenset({Measure.WEIGHT, Measure.BMI})
"""Skewed measures, with the restricted formula beyond 3 in either direction. The other measures
have L = 1, where both formulas agree."""


@dataclass(frozen=True, slots=True, eq=False)
class Lms:
    """L, M and S of one measure, indexed by ``sex * DAYS + age`` (sex 0 male, 1 female).

    The units are kg, cm or kg/m². Null where there is no reference.
    """

    l: pl.Series  # noqa: E741 - WHO's letter for the power
    m: pl.Series
    s: pl.Series


def lms_by_day(standards: pl.DataFrame, reference: pl.DataFrame | None) -> Lms:
    """Build the look-up of a measure from a table by day and one by month.

    Columns are ``sex, age_days, L, M, S`` and ``sex, age_months, L, M, S``.
    All columns are numbers. ``reference`` is None where WHO has none (head circumference).
    """
    parts = [standards.filter(pl.col("age_days") <= LAST_DAY_OF_STANDARDS)]
    if reference is not None:
        parts.append(_interpolated(reference))
    rows = pl.concat(part.select("sex", "age_days", "L", "M", "S") for part in parts)
    every = pl.DataFrame({"at": range(2 * DAYS)}, schema={"at": pl.Int64})
    at = (pl.col("sex") - 1) * DAYS + pl.col("age_days")
    placed = rows.with_columns(at.alias("at"))
    table = every.join(placed, on="at", how="left", maintain_order="left")
    return Lms(*(table.get_column(name) for name in "LMS"))


def _interpolated(reference: pl.DataFrame) -> pl.DataFrame:
    """Interpolate a table by month to every whole day from 60 months to its last age.

    That is the age of the row before the last: 120 months for weight, 228 for height and BMI, as
    in WHO's package anthroplus 1.1. A day more has no score.
    """
    last_age = reference.select(pl.col("age_months").max() - 1).item()
    days = pl.DataFrame({"age_days": range(LAST_DAY_OF_STANDARDS + 1, DAYS)})
    months = pl.col("age_days") / DAYS_A_MONTH
    whole = days.filter(months <= last_age).with_columns(
        months.floor().cast(pl.Int64).alias("age_months"), (months - months.floor()).alias("part")
    )
    lower = whole.join(reference, on="age_months")
    upper = reference.with_columns(pl.col("age_months") - 1)
    both = lower.join(upper, on=["sex", "age_months"], suffix="_next")
    part = pl.col("part")
    return both.select(
        "sex",
        "age_days",
        *(pl.col(n) + part * (pl.col(f"{n}_next") - pl.col(n)) for n in "LMS"),
    )


def position(sex: pl.Expr, age: pl.Expr) -> pl.Expr:
    """Return the index into an ``Lms`` for a sex (``1``, ``2``) and age in days; null without."""
    covered = sex.is_in(SEXES) & age.is_between(0, DAYS - 1)
    return pl.when(covered).then((sex == SEXES[1]).cast(pl.UInt32) * DAYS + age.cast(pl.UInt32))


def adjusted_cm(length_mm: pl.Expr, measured: pl.Expr, age: pl.Expr) -> pl.Expr:
    """Return length or height in cm, adjusted to the position that the table of the age assumes.

    Standing height below 731 days gets 0.7 cm more, lying length from 731 days 0.7 cm less. An
    unknown position counts as the one that the table assumes.
    """
    cm = length_mm / 10
    upright_early = (measured == STANDING) & age.is_between(
        STANDING_PLAUSIBLE_FROM, STANDING_DAY - 1
    )
    lay_down_late = (measured == LYING) & age.is_between(STANDING_DAY, LAST_DAY_OF_STANDARDS)
    return (
        pl.when(upright_early)
        .then(cm + POSITION_CM)
        .when(lay_down_late)
        .then(cm - POSITION_CM)
        .otherwise(cm)
    )


def bmi(weight_kg: pl.Expr, length_cm: pl.Expr) -> pl.Expr:
    """Return the body mass index from the adjusted length; null unless the length is above zero."""
    return pl.when(length_cm > 0).then(weight_kg / (length_cm / 100) ** 2)


def z_score(value: pl.Expr, l: pl.Expr, m: pl.Expr, s: pl.Expr) -> pl.Expr:  # noqa: E741 - WHO's letters
    """Return the z-score, not rounded; null unless the value is above zero and has a reference."""
    above_zero = pl.when(value > 0).then(value)
    return ((above_zero / m) ** l - 1) / (l * s)


def restricted(z: pl.Expr, value: pl.Expr, l: pl.Expr, m: pl.Expr, s: pl.Expr) -> pl.Expr:  # noqa: E741 - as above
    """Return a skewed measure's z-score: beyond 3, the step from SD 2 to SD 3 is the unit."""
    side = z.sign()

    def line(deviations: float) -> pl.Expr:
        return m * (1 + l * s * side * deviations) ** (1 / l)

    far, near = line(RESTRICTED_BEYOND), line(RESTRICTED_BEYOND - 1)
    beyond = side * RESTRICTED_BEYOND + (value - far) / (far - near).abs()
    return pl.when(z.abs() > RESTRICTED_BEYOND).then(beyond).otherwise(z)


def is_implausible(measure: Measure, z: pl.Expr) -> pl.Expr:
    """Return WHO's flag of an implausible rounded z-score; null without a z-score."""
    low, high = PLAUSIBLE[measure]
    return ~z.is_between(low, high)


def reference_label(age: pl.Expr) -> pl.Expr:
    """Return the name of the WHO reference for an age in days."""
    return (
        pl.when(age <= LAST_DAY_OF_STANDARDS)
        .then(pl.lit(STANDARDS_2006))
        .otherwise(pl.lit(REFERENCE_2007))
    )


def problems(name: str, rows: pl.DataFrame, *, key: str, expected: Iterable[int]) -> list[str]:
    """Describe what is wrong with one table of L, M and S; empty if nothing is."""
    wanted = list(expected)
    found = []
    for sex in (1, 2):
        ages = rows.filter(pl.col("sex") == sex).get_column(key).sort().to_list()
        if ages != wanted:
            found.append(
                f"{name}: sex {sex} must have every {key} from {wanted[0]} to {wanted[-1]}"
            )
    if not rows.select(((pl.col("M") > 0) & (pl.col("S") > 0) & (pl.col("L") != 0)).all()).item():
        found.append(f"{name}: M and S must be above zero, L not zero")
    return found
