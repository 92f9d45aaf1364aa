"""When the next delivery of a unit is due: working days, holidays, pauses, agreements."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from kpr_stream.model.report_deadline import Expectation, next_deadline

OSLO = ZoneInfo("Europe/Oslo")


def oslo(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=OSLO)


NIGHT_AND_EVENING = [
    ("2026-03-03T04:00", "2026-03-04T10:00", "in the night, about Monday"),
    ("2026-03-03T22:00", "2026-03-05T10:00", "in the evening, about Tuesday"),
    ("2026-03-03T10:00", "2026-03-04T10:00", "at the deadline"),
    ("2026-03-06T22:00", "2026-03-10T10:00", "on Friday: Monday is reported by Tuesday"),
    ("2026-03-07T04:00", "2026-03-10T10:00", "on Saturday, about Friday"),
    ("2026-03-31T22:00", "2026-04-07T10:00", "before Easter"),
    ("2026-05-13T22:00", "2026-05-18T10:00", "before Ascension Day; 17 May is a Sunday"),
    ("2026-03-27T22:00", "2026-03-31T10:00", "over the change to summer time"),
]


@pytest.mark.parametrize(("heard", "due", "why"), NIGHT_AND_EVENING)
def test_the_next_delivery_is_due_at_ten_of_the_next_working_day(
    heard: str, due: str, why: str
) -> None:
    assert next_deadline(Expectation(heard=oslo(heard))) == oslo(due), why


def test_a_sender_at_any_hour_never_misses_a_deadline_if_it_sends_every_working_day() -> None:
    for hour in range(24):
        for first, second in (("2026-03-03", "2026-03-04"), ("2026-03-06", "2026-03-09")):
            due = next_deadline(Expectation(heard=oslo(f"{first}T{hour:02}:00")))
            assert due is not None
            assert oslo(f"{second}T{hour:02}:00") <= due, hour


def test_times_in_utc_are_read_as_norwegian_ones() -> None:
    heard = datetime(2026, 6, 2, 8, 1, tzinfo=UTC)  # 10:01 in Oslo
    assert next_deadline(Expectation(heard=heard)) == oslo("2026-06-04T10:00")


def test_a_unit_that_was_never_heard_is_due_after_the_first_day_of_its_agreement() -> None:
    tuesday = Expectation(agreed_from=date(2026, 3, 3))
    assert next_deadline(tuesday) == oslo("2026-03-04T10:00")
    saturday = Expectation(agreed_from=date(2026, 3, 7))
    assert next_deadline(saturday) == oslo("2026-03-10T10:00")
    assert next_deadline(Expectation()) is None, "nothing is expected of a unit without either"


def test_a_unit_heard_before_its_agreement_began_is_due_as_the_agreement_says() -> None:
    early = Expectation(heard=oslo("2026-03-01T12:00"), agreed_from=date(2026, 3, 10))
    assert next_deadline(early) == oslo("2026-03-11T10:00")


def test_nothing_is_due_after_an_agreement() -> None:
    last = Expectation(heard=oslo("2026-03-03T22:00"), agreed_to=date(2026, 3, 4))
    assert next_deadline(last) == oslo("2026-03-05T10:00"), "the last day is still reported"
    over = Expectation(heard=oslo("2026-03-04T22:00"), agreed_to=date(2026, 3, 4))
    assert next_deadline(over) is None


def test_a_pause_moves_the_deadline_behind_itself() -> None:
    heard = oslo("2026-07-03T22:00")
    summer = Expectation(heard=heard, paused_from=date(2026, 7, 6), paused_until=date(2026, 8, 9))
    assert next_deadline(summer) == oslo("2026-08-11T10:00")
    from_tuesday = Expectation(
        heard=heard, paused_from=date(2026, 7, 7), paused_until=date(2026, 7, 10)
    )
    assert next_deadline(from_tuesday) == oslo("2026-07-13T10:00"), "no deadline lies in a pause"


@pytest.mark.parametrize("until", [None, date.max, date(2500, 1, 1)])
def test_a_pause_without_an_end_expects_nothing(until: date | None) -> None:
    paused = Expectation(
        heard=oslo("2026-07-03T22:00"), paused_from=date(2026, 7, 6), paused_until=until
    )
    assert next_deadline(paused) is None
