"""Z-scores against published ones; the edges of age, position and plausibility."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from polars import col

from kpr_stream.processor.frame.derive import with_growth
from kpr_stream.reference import growth, load_reference
from kpr_stream.reference import tables as t
from kpr_stream.reference.growth import Measure
from tests.support.examples import examples

DATA = Path(__file__).parents[2] / "data"
REFERENCE = load_reference()
PUBLISHED = {
    "weight_kg": (Measure.WEIGHT, t.WEIGHT),
    "length_height_cm": (Measure.LENGTH, t.LENGTH),
    "head_circumference_cm": (Measure.HEAD_CIRCUMFERENCE, t.HEAD_CIRCUMFERENCE),
}
SCHEMA = {
    "service": pl.String,
    "sex": pl.String,
    "_age_days": pl.Int32,
    "weight_g": pl.Int32,
    "length_mm": pl.Int32,
    "length_position": pl.String,
    "head_circumference_mm": pl.Int32,
}


def _examples(name: str) -> pl.DataFrame:
    return pl.read_csv(DATA / name)


def _scored(rows: pl.DataFrame, measure: Measure) -> pl.Series:
    """Unrounded z-scores of rows with ``value``, L, M and S."""
    operands = (col("value"), col("L"), col("M"), col("S"))
    plain = rows.with_columns(z_score=growth.z_score(*operands))
    if measure not in growth.RESTRICTED:
        return plain.get_column("z_score")
    return plain.select(growth.restricted(col("z_score"), *operands)).to_series()


@pytest.mark.parametrize("published", PUBLISHED)
def test_every_published_z_score(published: str) -> None:
    """Also of days 1827-1856, which the tables have and a record is never scored with."""
    measure, table = PUBLISHED[published]
    examples = _examples("who_examples.csv").filter(col("measure") == published)
    rows = examples.join(
        REFERENCE.frames[table.file], on=["sex", "age_days"], maintain_order="left"
    )
    assert rows.height == examples.height > 200
    distance = (_scored(rows, measure) - rows["z"]).abs() - rows["tolerance"]
    assert distance.max() <= 0  # type: ignore[operator] # a number: no row is null


def test_every_published_bmi_z_score() -> None:
    examples = _examples("who_bmi_examples.csv").rename({"bmi": "value"})
    rows = examples.join(
        REFERENCE.frames[t.BMI.file], on=["sex", "age_days"], maintain_order="left"
    )
    assert rows.filter(col("z").abs() > 3).height == 5
    distance = (_scored(rows, Measure.BMI) - rows["z"]).abs() - rows["tolerance"]
    assert distance.max() <= 0  # type: ignore[operator] # a number: no row is null


def test_every_published_adjustment_of_position() -> None:
    measured = _examples("who_examples.csv").filter(col("measured_value").is_not_null())
    position = col("position").replace_strict({"lying": growth.LYING, "standing": growth.STANDING})
    adjusted = growth.adjusted_cm(col("measured_value") * 10, position, col("age_days"))
    assert measured.filter(col("value") != col("measured_value")).height > 20
    distance = measured.select((adjusted - col("value")).abs().max()).item()
    assert distance < 1e-9


def test_what_was_measured_scores_to_the_last_decimal_as_the_surveys_published() -> None:
    """Grams, millimetres and positions, through the columns that a delivery goes through."""
    survey = _examples("who_examples.csv").filter(
        col("source") == "WHO_SURVEY", col("age_days") <= growth.LAST_DAY_OF_STANDARDS
    )
    measured, kind = pl.coalesce("measured_value", "value"), col("measure")
    units = {"weight_g": ("weight_kg", 1000), "length_mm": ("length_height_cm", 10)}
    units["head_circumference_mm"] = ("head_circumference_cm", 10)
    positions = {"lying": growth.LYING, "standing": growth.STANDING}
    items = survey.select(
        pl.lit("HELSESTASJON_0_5").alias("service"),
        col("sex").cast(pl.String),
        col("age_days").cast(pl.Int32).alias("_age_days"),
        col("position").replace_strict(positions).alias("length_position"),
        *(
            pl.when(kind == name).then((measured * factor).round().cast(pl.Int32)).alias(field)
            for field, (name, factor) in units.items()
        ),
    )
    scored = with_growth(items, REFERENCE)
    found = scored.select(pl.coalesce("_weight_z", "_length_z", "_head_circumference_z"))
    assert survey.height > 500
    assert found.to_series().to_list() == survey.get_column("z").to_list()


def _one(**changes: Any) -> dict[str, Any]:
    row = {"service": "HELSESTASJON_0_5", "sex": "2"} | changes
    items = pl.DataFrame([{name: row.get(name) for name in SCHEMA}], schema=SCHEMA)
    return with_growth(items, REFERENCE).row(0, named=True)


@pytest.mark.parametrize(
    ("age", "height_mm", "weight_g", "expected"),
    [
        # Values that WHO's package anthroplus asserts, at 60.32 and 60.911701 months.
        (1836, 1138, 18_700, {"weight": 0.21, "bmi": -0.58, "length": 0.96}),
        (1854, 1136, 20_500, {"weight": 0.79, "bmi": 0.42, "length": 0.85}),
    ],
)
def test_above_five_years(
    age: int, height_mm: int, weight_g: int, expected: dict[str, float]
) -> None:
    found = _one(_age_days=age, length_mm=height_mm, weight_g=weight_g)
    for measure, z in expected.items():
        assert found[f"_{measure}_z"] == pytest.approx(z, abs=0.0101)
        assert found[f"_{measure}_z_reference"] == "WHO_2007"
        assert found[f"_{measure}_z_flag"] is False


@pytest.mark.parametrize(
    ("age", "reference"), [(0, "WHO_2006"), (1826, "WHO_2006"), (1827, "WHO_2007")]
)
def test_which_reference_scores(age: int, reference: str) -> None:
    assert _one(_age_days=age, weight_g=9000)["_weight_z_reference"] == reference


@pytest.mark.parametrize(
    ("measure", "field", "last"),
    [("weight", "weight_g", 3652), ("length", "length_mm", 6939)],
)
def test_where_the_references_end(measure: str, field: str, last: int) -> None:
    value = 30_000 if measure == "weight" else 1500
    assert _one(_age_days=last, **{field: value})[f"_{measure}_z"] is not None
    beyond = _one(_age_days=last + 1, **{field: value})
    assert beyond[f"_{measure}_z"] is None
    assert beyond[f"_{measure}_z_reference"] is None
    assert beyond[f"_{measure}_z_flag"] is None


def test_head_circumference_has_no_reference_from_five_years() -> None:
    assert _one(_age_days=1826, head_circumference_mm=500)["_head_circumference_z"] is not None
    assert _one(_age_days=1827, head_circumference_mm=500)["_head_circumference_z"] is None


@pytest.mark.parametrize(
    ("age", "position", "adjustment"),
    [
        (273, "STAENDE", 0.0),  # nobody stands below nine months
        (274, "STAENDE", 0.7),
        (730, "STAENDE", 0.7),
        (731, "STAENDE", 0.0),
        (730, "LIGGENDE", 0.0),
        (731, "LIGGENDE", -0.7),
        (1826, "LIGGENDE", -0.7),
        (1827, "LIGGENDE", 0.0),
        (731, None, 0.0),
    ],
)
def test_position(age: int, position: str | None, adjustment: float) -> None:
    found = _one(_age_days=age, length_mm=800, length_position=position)
    assert found["_length"] == pytest.approx(80 + adjustment)


@pytest.mark.parametrize(
    "changes",
    [
        {"service": "SVANGERSKAP_BARSEL"},
        {"service": "HFU"},
        {"service": None},
        {"sex": "9"},
        {"sex": None},
        {"_age_days": None},
        {"weight_g": 0},
        {"weight_g": -5},
    ],
)
def test_no_score_without_a_child_a_sex_an_age_or_a_weight(changes: dict[str, Any]) -> None:
    row = {"_age_days": 400, "weight_g": 9500} | changes
    assert _one(**row)["_weight_z"] is None
    assert _one(_age_days=400, weight_g=9500)["_weight_z"] is not None


@pytest.mark.parametrize("sex", ["1", "2"])
@pytest.mark.parametrize(
    ("measure", "last_day"),
    [
        (Measure.WEIGHT, 3652),  # 120 months are 3,652.5 days
        (Measure.LENGTH, 6939),  # 228 months are 6,939.75 days
        (Measure.BMI, 6939),
        (Measure.HEAD_CIRCUMFERENCE, 1826),
    ],
)
def test_the_last_day_with_a_score(measure: Measure, last_day: int, sex: str) -> None:
    sent = {"weight_g": 40_000, "length_mm": 1500, "head_circumference_mm": 500}

    def has_score(age: int) -> bool:
        return _one(_age_days=age, sex=sex, **sent)[f"_{measure}_z"] is not None

    assert [has_score(age) for age in (last_day - 31, last_day - 1, last_day)] == [True] * 3
    ages = (last_day + 1, last_day + 2, last_day + 30, last_day + 31, last_day + 32, 7000, 8000)
    assert not any(map(has_score, ages))


def test_a_flag_is_that_of_the_rounded_score() -> None:
    grams = {_one(_age_days=365, weight_g=g)["_weight_z"]: g for g in range(14_000, 17_000, 10)}
    highest_fine = max(z for z in grams if z <= 5)
    lowest_flagged = min(z for z in grams if z > 5)
    assert _one(_age_days=365, weight_g=grams[highest_fine])["_weight_z_flag"] is False
    assert _one(_age_days=365, weight_g=grams[lowest_flagged])["_weight_z_flag"] is True


def test_beyond_three_the_steps_are_even() -> None:
    """The restricted formula: equal grams, equal distance; the plain one would bend."""
    lms = REFERENCE.growth[Measure.WEIGHT]
    at = growth.DAYS + 365
    power, middle, spread = (float(series[at]) for series in (lms.l, lms.m, lms.s))

    def line(k: int) -> float:
        return middle * math.pow(1 + power * spread * k, 1 / power)

    for sign in (1, -1):
        far, near = line(3 * sign), line(2 * sign)
        for steps in (1, 2):
            grams = round(1000 * (far + steps * (far - near)))
            z = _one(_age_days=365, weight_g=grams)["_weight_z"]
            assert z == pytest.approx(sign * (3 + steps), abs=0.006)


def test_alone_and_among_others_the_score_is_the_same() -> None:
    rows = [
        {"service": "SKOLEHELSETJENESTE", "sex": sex, "_age_days": age, "weight_g": grams}
        for sex in ("1", "2")
        for age in (0, 100, 2000)
        for grams in (900, 9_000, 60_000)
    ]
    full = [{name: row.get(name) for name in SCHEMA} for row in rows]
    together = with_growth(pl.DataFrame(full, schema=SCHEMA), REFERENCE)["_weight_z"].to_list()
    assert together == [_one(**row)["_weight_z"] for row in rows]


@settings(max_examples=examples(60), deadline=None)
@given(
    st.fixed_dictionaries(
        {
            "service": st.sampled_from(["HELSESTASJON_0_5", "SKOLEHELSETJENESTE", "x", None]),
            "sex": st.sampled_from(["1", "2", "0", "x", None]),
            "_age_days": st.none() | st.integers(0, 55_000),
            **{
                name: st.none() | st.integers(-(2**31), 2**31 - 1)
                for name in ("weight_g", "length_mm", "head_circumference_mm")
            },
            "length_position": st.sampled_from(["LIGGENDE", "STAENDE", "x", None]),
        }
    )
)
@example(
    {
        "service": "HELSESTASJON_0_5",
        "sex": "1",
        "_age_days": 100,
        "weight_g": 0,
        "length_mm": 0,
        "head_circumference_mm": 0,
        "length_position": None,
    }
)
def test_no_input_raises_and_a_score_is_a_number(row: dict[str, Any]) -> None:
    found = _one(**row)
    for measure in Measure:
        z = found[f"_{measure}_z"]
        assert z is None or math.isfinite(z)
        assert (z is None) == (found[f"_{measure}_z_flag"] is None)
        assert (z is None) == (found[f"_{measure}_z_reference"] is None)
