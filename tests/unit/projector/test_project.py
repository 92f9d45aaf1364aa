"""What analysts see of a cleaned consultation: a function of the visit and the week of birth."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpr_stream.errors import WireFormatError
from kpr_stream.model.topics import CONSULTATION
from kpr_stream.projector.project import RECORD, WEEK, Projected, decoded, projected
from kpr_stream.reference import load_reference
from kpr_stream.schemas.catalogue import schema
from tests.support.sink_records import Incoming, consultation, incoming, key_of

EPOCH = date(1970, 1, 1)
MONDAY = date(2026, 1, 12)
LATER = datetime(2026, 9, 1, tzinfo=UTC)
DAYS = st.integers(0, WEEK - 1).map(lambda n: timedelta(days=n))


def cleaned(born: date | None, visit: date, **more: Any) -> dict[str, Any]:
    """A cleaned consultation of a child with measures."""
    age = None if born is None else (visit - born).days
    return consultation(
        1,
        **{
            "date": visit,
            "age_days": age,
            "sex": "2",
            "length_mm": 555,
            "head_circumference_mm": 380,
            "attendance": "MOTT",
            "consultation_type": "INDIVIDUELL",
            "group_key": key_of(77).hex,
            "maternity_discharge_date": born,
            "warnings": ["A_RULE"],
            **more,
        },
    )


def shown(record: dict[str, Any] | None, at: datetime = LATER) -> Projected:
    read = incoming("consultation", 5, record, number=1)
    (found,) = projected(
        [Incoming(3, 5, read.key, read.value, timestamp=int(at.timestamp() * 1000))],
        load_reference(),
    )
    assert found.key == key_of(1).bytes
    return found


def row_of(record: dict[str, Any]) -> dict[str, Any]:
    value = shown(record).value
    assert value is not None
    return decoded(value)


def test_ages_scores_and_step_count_from_the_week_of_birth() -> None:
    row = row_of(cleaned(date(2026, 1, 14), date(2026, 2, 25)))
    assert row["birth_week"] == MONDAY
    assert (row["date"], row["age_weeks"], row["age_months"]) == (date(2026, 2, 25), 6, 1)
    assert row["programme_step"] == "UKE_6"
    assert row["programme_step_found_by"] == "age"
    assert (row["weight_g"], row["weight_z_reference"]) == (4500, "WHO_2006")
    of_monday = row_of(cleaned(MONDAY, date(2026, 2, 25)))
    assert row["weight_z"] == of_monday["weight_z"] is not None
    assert row["person_key"] == key_of(1_000_001).hex
    assert row["session_key"] == key_of(77).hex


def test_no_field_is_left_that_says_more() -> None:
    fields = set(schema(RECORD).field_names)
    assert not fields & {
        *("age_days", "maternity_discharge_date", "warnings", "set_aside", "group_key"),
        *("extracted_at", "received_at", "sequence", "status", "time_precision"),
    }


@given(DAYS, DAYS, st.integers(0, 900))
def test_a_visit_after_the_week_is_the_same_for_every_birth_date_of_it(
    one: timedelta, other: timedelta, after: int
) -> None:
    visit = MONDAY + timedelta(days=WEEK + after)
    assert row_of(cleaned(MONDAY + one, visit)) == row_of(cleaned(MONDAY + other, visit))


@given(DAYS, DAYS)
def test_a_visit_in_the_week_does_not_say_on_which_day_it_was(
    one: timedelta, other: timedelta
) -> None:
    """Nor by a score, nor by a session that others share."""
    row = row_of(cleaned(MONDAY, MONDAY + one))
    assert row == row_of(cleaned(MONDAY, MONDAY + other))
    assert (row["date"], row["age_weeks"]) == (MONDAY + timedelta(days=6), 0)
    assert row["session_key"] is None


@given(DAYS, st.integers(-30, 40))
def test_what_arrives_in_the_week_waits_for_its_end(born: timedelta, arrived: int) -> None:
    at = datetime(2026, 1, 12, 12, tzinfo=UTC) + timedelta(days=arrived)
    found = shown(cleaned(MONDAY + born, MONDAY + timedelta(days=9)), at)
    over = (MONDAY + timedelta(days=WEEK) - EPOCH).days
    assert found.from_day == (over if arrived < WEEK else None)


def test_without_a_birth_date_there_is_no_age_and_no_score() -> None:
    row = row_of(cleaned(None, date(2026, 2, 25)))
    assert row["date"] == date(2026, 2, 25)
    names = ("birth_week", "age_weeks", "age_months", "weight_z", "length_z", "programme_step")
    assert {row[name] for name in names} == {None}
    assert row["weight_g"] == 4500


@pytest.mark.parametrize(
    "record",
    [
        None,
        consultation(1, status="deleted"),
        consultation(1, status="superseded"),
        cleaned(MONDAY, date(2026, 2, 25), service="HFU"),
    ],
    ids=["erased", "deleted", "superseded", "youth"],
)
def test_what_analysts_do_not_see_has_no_value(record: dict[str, Any] | None) -> None:
    assert shown(record) == Projected(key_of(1).bytes, None)


def test_a_service_that_nobody_reported_is_shown() -> None:
    assert row_of(cleaned(MONDAY, date(2026, 2, 25), service=None))["service"] is None


def test_a_step_that_was_set_aside_is_not_guessed() -> None:
    row = row_of(cleaned(MONDAY, date(2026, 2, 25), set_aside=["programme_step"]))
    assert row["programme_step"] is None


def test_a_record_that_the_processor_did_not_write_is_named() -> None:
    foreign = Incoming(3, 5, key_of(1).bytes, None, headers=())
    with pytest.raises(WireFormatError, match=f"{CONSULTATION}, partition 3, offset 5: it has no"):
        projected([foreign], load_reference())


def test_records_keep_their_order() -> None:
    records = [
        incoming("consultation", n, None if n % 3 == 0 else consultation(n), number=n)
        for n in range(9)
    ]
    found = projected(records, load_reference())
    assert [one.key for one in found] == [key_of(n).bytes for n in range(9)]
    assert [one.value is None for one in found] == [n % 3 == 0 for n in range(9)]
