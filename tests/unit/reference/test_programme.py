"""A step is the reported code, else a candidate, and only for visits that may be steps."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from kpr_stream.model.delivery import Prepared
from kpr_stream.processor.frame.prepare import prepare
from kpr_stream.reference import load_reference, programme
from kpr_stream.reference.programme import build_steps
from kpr_stream.reference.validity import FOREVER
from tests.support.deliveries import consultation, opened
from tests.unit.processor.frame.test_prepare import CONTEXT

REFERENCE = load_reference()
DAY = date(2024, 3, 4)


def _step(age: int | None = None, **changes: Any) -> tuple[str | None, str | None]:
    born = {} if age is None else {"birth_date": DAY - timedelta(days=age)}
    item = consultation(**({"programme_step": None} | born | changes))
    (prepared,) = prepare([opened([item])], CONTEXT)
    assert isinstance(prepared, Prepared)
    cleaned = prepared.items[0].cleaned
    return cleaned["programme_step"], cleaned["programme_step_found_by"]


def test_every_age_below_five_years_has_its_one_step() -> None:
    child = REFERENCE.programme.filter(
        pl.col("grade").is_null() & (pl.col("setting") != "maternity_ward")
    )
    windows = child.select("code", "window_from_days", "window_to_days").rows()
    by_age = REFERENCE.steps.by_age[programme.AGES :].to_list()
    assert by_age[0] is None
    for age in range(1, programme.AGES):
        assert [code for code, first, last in windows if first <= age <= last] == [by_age[age]]


@pytest.mark.parametrize(
    ("age", "step"),
    [
        (0, None),
        (1, "JORDMOR_3D"),
        (6, "HJEMMEBESOK"),
        (42, "UKE_6"),
        (731, "AR_2"),
        (1825, "AR_4"),
        (1826, None),
        (20_000, None),
    ],
)
def test_a_candidate_by_age(age: int, step: str | None) -> None:
    assert _step(age) == (step, "age" if step else None)


@pytest.mark.parametrize("kind", ["HJEMMEBESOK", "INDIVIDUELL", "GRUPPE"])
def test_home_individual_and_group_visits_may_be_steps(kind: str) -> None:
    assert _step(42, consultation_type=kind, contact_form=None) == ("UKE_6", "age")


@pytest.mark.parametrize(
    "changes",
    [
        {"consultation_type": "TELEFON"},
        {"consultation_type": "VIDEO"},
        {"consultation_type": "APEN_HELSESTASJON"},
        {"consultation_type": "EKSTRA"},
        {"consultation_type": "VAKSINASJON"},
        {"consultation_type": None},
        {"contact_form": "TELEFON"},
        {"contact_form": "VIDEO"},
        {"contact_form": "SKRIFTLIG"},
        {"attendance": "IKKE_MOTT"},
        {"attendance": "PLANLAGT"},
        {"attendance": None},
        {"service": "SKOLEHELSETJENESTE"},
        {"service": "SVANGERSKAP_BARSEL"},
        {"service": None},
        {"programme_step": "E"},
        {"programme_step": "NYTT"},
        {"birth_date": None},
        {"birth_date": DAY + timedelta(days=1)},
    ],
)
def test_never_a_candidate_otherwise(changes: dict[str, Any]) -> None:
    assert _step(**({"birth_date": DAY - timedelta(days=42)} | changes)) == (None, None)


def test_a_reported_step_is_kept_whatever_the_visit_is() -> None:
    assert _step(42, programme_step="2A", consultation_type="TELEFON") == ("AR_2", "reported")


@pytest.mark.parametrize(
    ("grade", "kind", "step"),
    [
        (1, "SKOLESTARTUNDERSOKELSE", "SKOLESTART"),
        (3, "VEIING_MALING", "TRINN_3"),
        (8, "HELSESAMTALE", "TRINN_8"),
        (2, "VEIING_MALING", None),
        (13, "HELSESAMTALE", None),
        (8, "INDIVIDUELL", None),
    ],
)
def test_at_school_by_grade(grade: int | None, kind: str, step: str | None) -> None:
    found = _step(3000, service="SKOLEHELSETJENESTE", consultation_type=kind, grade=grade)
    assert found == (step, "grade" if step else None)


@pytest.mark.parametrize(
    ("born", "day", "kind", "step"),
    [
        ("2018-01-01", "2024-08-20", "SKOLESTARTUNDERSOKELSE", "SKOLESTART"),
        ("2018-12-31", "2025-06-10", "SKOLESTARTUNDERSOKELSE", "SKOLESTART"),
        ("2018-06-01", "2024-07-31", "SKOLESTARTUNDERSOKELSE", None),  # the year before school
        ("2018-06-01", "2025-08-01", "SKOLESTARTUNDERSOKELSE", None),  # grade 2
        ("2015-11-30", "2024-03-04", "VEIING_MALING", "TRINN_3"),
        ("2010-02-28", "2024-01-15", "HELSESAMTALE", "TRINN_8"),
        ("2010-02-28", "2024-01-15", "INDIVIDUELL", None),
        ("1980-01-01", "2024-01-15", "HELSESAMTALE", None),
        (None, "2024-01-15", "HELSESAMTALE", None),
    ],
)
def test_at_school_without_a_grade_by_the_school_year(
    born: str | None, day: str, kind: str, step: str | None
) -> None:
    found = _step(
        service="SKOLEHELSETJENESTE",
        consultation_type=kind,
        grade=None,
        start=datetime.fromisoformat(f"{day}T10:00:00+00:00"),
        birth_date=born and date.fromisoformat(born),
    )
    assert found == (step, "school_year" if step else None)


@pytest.mark.parametrize("grade", [99, -1, 0])
def test_an_impossible_grade_counts_as_none(grade: int) -> None:
    found = _step(
        3000, service="SKOLEHELSETJENESTE", consultation_type="VEIING_MALING", grade=grade
    )
    assert found == ("TRINN_3", "school_year")


def test_a_grade_that_was_reported_holds_against_the_school_year() -> None:
    school: dict[str, Any] = {
        "service": "SKOLEHELSETJENESTE",
        "consultation_type": "HELSESAMTALE",
    }
    in_eighth = DAY - timedelta(days=14 * 365)
    assert _step(birth_date=in_eighth, **school) == ("TRINN_8", "school_year")
    assert _step(birth_date=in_eighth, grade=7, **school) == (None, None)


def test_the_programme_in_force_on_the_day() -> None:
    """A later programme with another window for the same step."""
    changed = (date(2026, 1, 1) - date(1970, 1, 1)).days
    old = REFERENCE.programme.with_columns(pl.lit(changed, pl.Int32).alias("valid_to"))
    later = REFERENCE.programme.with_columns(
        pl.lit(changed, pl.Int32).alias("valid_from"),
        pl.lit(FOREVER, pl.Int32).alias("valid_to"),
        pl.when(pl.col("code") == "UKE_4")
        .then(36)
        .otherwise(pl.col("window_to_days"))
        .alias("window_to_days"),
        pl.when(pl.col("code") == "UKE_6")
        .then(37)
        .otherwise(pl.col("window_from_days"))
        .alias("window_from_days"),
    )
    both = pl.concat([old, later])
    assert programme.problems(both) == []
    steps = build_steps(both)
    visit = programme.VisitColumns(
        reported=pl.lit(None, pl.String),
        was_reported=pl.lit(value=False),
        service=pl.lit("HELSESTASJON_0_5"),
        consultation_type=pl.lit("INDIVIDUELL"),
        contact_form=pl.lit("PERSONLIG"),
        attendance=pl.lit("MOTT"),
        grade=pl.lit(None, pl.Int32),
        age=pl.col("age"),
        day=pl.col("day"),
    )
    rows = pl.DataFrame(
        {"age": [36, 36, 36], "day": [changed - 1, changed, 15_000]},
        schema_overrides={"day": pl.Int32},
    )
    found = rows.select(programme.step_by_age(visit, steps)).to_series().to_list()
    assert found == ["UKE_6", "UKE_4", None]


def test_a_gap_in_the_programme_is_reported() -> None:
    damaged = REFERENCE.programme.filter(pl.col("code") != "MND_8")
    (problem,) = programme.problems(damaged)
    assert "no step or two" in problem
