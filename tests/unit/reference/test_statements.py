"""Completed months, five breastfeeding statuses, and statements that contradict each other."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.model.delivery import Prepared
from kpr_stream.model.words import MessageType
from kpr_stream.processor.frame.derive import with_derived
from kpr_stream.processor.frame.prepare import prepare
from kpr_stream.reference import load_reference
from kpr_stream.reference.age import OLDEST, age_days, completed_months
from tests.support.deliveries import consultation, opened
from tests.unit.processor.frame.test_prepare import CONTEXT

EPOCH = date(1970, 1, 1)
REFERENCE = load_reference()


def _ages(born: date, day: date) -> tuple[int | None, int | None]:
    frame = pl.DataFrame(
        {"born": [(born - EPOCH).days], "day": [(day - EPOCH).days]},
        schema={"born": pl.Int32, "day": pl.Int32},
    )
    aged = frame.with_columns(age=age_days(pl.col("born"), pl.col("day")))
    months = aged.select(completed_months(pl.col("age"), pl.col("day"))).item()
    return aged["age"].item(), months


@pytest.mark.parametrize(
    ("born", "day", "months"),
    [
        ("2024-01-20", "2024-01-20", 0),
        ("2024-01-20", "2024-02-19", 0),
        ("2024-01-20", "2024-02-20", 1),
        ("2024-01-31", "2024-02-29", 0),
        ("2024-01-31", "2024-03-01", 1),
        ("2024-02-29", "2025-02-28", 11),
        ("2024-02-29", "2025-03-01", 12),
        ("2023-12-31", "2024-06-30", 5),
    ],
)
def test_completed_months(born: str, day: str, months: int) -> None:
    assert _ages(date.fromisoformat(born), date.fromisoformat(day))[1] == months


@given(st.dates(date(1990, 1, 1), date(2030, 1, 1)), st.integers(0, 9000))
def test_months_never_fall_and_agree_with_the_calendar(born: date, age: int) -> None:
    day = born + timedelta(days=age)
    found, months = _ages(born, day)
    assert found == age
    assert months == (day.year - born.year) * 12 + day.month - born.month - (day.day < born.day)
    next_months = _ages(born, day + timedelta(days=1))[1]
    assert next_months is not None
    assert 0 <= next_months - months <= 1


@pytest.mark.parametrize("age", [-1, OLDEST + 1])
def test_no_age_before_birth_and_beyond_any_life(age: int) -> None:
    born = date(1900, 1, 1)
    assert _ages(born, born + timedelta(days=age)) == (None, None)


def _cleaned(**changes: Any) -> dict[str, Any]:
    (prepared,) = prepare([opened([consultation(**changes)])], CONTEXT)
    assert isinstance(prepared, Prepared)
    return dict(prepared.items[0].cleaned)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("FULLAMMET", "FULLT"),
        ("DELVIS_AMMET", "DELVIS"),
        ("IKKE_AMMET", "IKKE"),
        ("IKKE_SPURT", "IKKE_SPURT"),
        ("UKJENT", "UKJENT"),
        ("NY_KODE", "UKJENT"),
        ("ammer litt om kvelden", None),
        (None, None),
    ],
)
def test_breastfeeding_has_five_statuses(code: str | None, status: str | None) -> None:
    """An unknown code is UKJENT. A text that is not a code was set aside and gives no status."""
    assert _cleaned(breastfeeding=code)["breastfeeding_status"] == status


@pytest.mark.parametrize("service", ["SVANGERSKAP_BARSEL", "SKOLEHELSETJENESTE", None])
def test_a_mothers_own_record_has_no_childs_status(service: str | None) -> None:
    cleaned = _cleaned(service=service)
    assert cleaned["breastfeeding"] == "FULLAMMET"
    assert cleaned["breastfeeding_status"] is None


def test_values_derived_from_a_removed_value_are_removed() -> None:
    cleaned = _cleaned(weight_g=45, birth_date=None)
    assert cleaned["weight_z"] is cleaned["bmi_z"] is cleaned["age_months"] is None
    kept = _cleaned(weight_g=45)
    assert (kept["weight_z"], kept["bmi_z"]) == (None, None)
    assert kept["weight_z_flag"] is kept["weight_z_reference"] is None
    assert kept["length_z"] == 0.36
    assert _cleaned(birth_date=date(2150, 1, 1))["age_days"] is None


def _contradictions(*items: dict[str, Any], delivery: int = 0) -> list[bool | None]:
    columns = {
        "birth_date": pl.Int32,
        "_date": pl.Int32,
        "service": pl.String,
        "sex": pl.String,
        "weight_g": pl.Int32,
        "length_mm": pl.Int32,
        "length_position": pl.String,
        "head_circumference_mm": pl.Int32,
        "programme_step": pl.String,
        "breastfeeding": pl.String,
        "_delivery": pl.UInt32,
        "_fnr_number": pl.String,
        "_dnr_number": pl.String,
        "_fnr_kind": pl.String,
        "_dnr_kind": pl.String,
        "person_local_id": pl.String,
        "_person_local_id": pl.String,
    }
    same = {"birth_date": 19_000, "service": "HELSESTASJON_0_5", "_delivery": delivery}
    kinds = [
        {f"_{kind}_kind": kind for kind in ("fnr", "dnr") if item.get(f"_{kind}_number")}
        for item in items
    ]
    rows = [
        same | {"person_local_id": "p"} | kind | item
        for item, kind in zip(items, kinds, strict=True)
    ]
    frame = pl.DataFrame([{n: row.get(n) for n in columns} for row in rows], schema=columns)
    aged = frame.with_columns(
        _person_local_id=pl.col("person_local_id"),
        _usable_start=pl.lit(0),
        _age_days=age_days(pl.col("birth_date"), pl.col("_date")),
    )
    known = with_derived(aged, MessageType.CONSULTATION, REFERENCE)
    return known["_full_after_less"].to_list()


def test_fully_after_partly_is_seen_within_a_delivery() -> None:
    full = {"breastfeeding": "FULLAMMET"}
    partly, none = {"breastfeeding": "DELVIS_AMMET"}, {"breastfeeding": "IKKE_AMMET"}
    later, earlier = {"_date": 19_100}, {"_date": 19_050}
    assert _contradictions(full | later, partly | earlier) == [True, False]
    assert _contradictions(full | later, none | earlier) == [True, False]
    assert _contradictions(full | earlier, partly | later) == [False, False]
    assert _contradictions(full | later, full | earlier) == [None, None]
    another = {"person_local_id": "q"}
    assert _contradictions(full | later, partly | earlier | another) == [None, False]
    nobody = {"person_local_id": None}
    assert _contradictions(full | later | nobody, partly | earlier | nobody) == [None, None]
    elsewhere = {"_delivery": 1}
    assert _contradictions(full | later, partly | earlier | elsewhere) == [None, False]
