"""What is typed on a command line: taken as it is meant, or refused without being quoted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kpr_stream.errors import UsageError
from kpr_stream.operate.request import (
    Who,
    consultation_key_called,
    day_called,
    person_key_called,
    quarantine_id_called,
    span_called,
    unit_called,
)
from kpr_stream.operate.units.contacts import contact_called

NUMBER = "21891012345"
WHO = Who("operator-1", "New number")
DAY_MS = 86_400_000


def span(text: str) -> Any:
    return span_called(text, None, now_ms=DAY_MS)


def day(text: str) -> Any:
    return day_called(text, "--from")


def contact(**said: str) -> Any:
    fields = {"party": "visma-hspro", "name": "Support", "phone": "21000000", "email": ""} | said
    return contact_called(fields.pop("party"), WHO, **fields, hours="")


@pytest.mark.parametrize(
    "called",
    [
        *(span, day, unit_called, person_key_called, consultation_key_called),
        *(quarantine_id_called, lambda text: contact(party=text)),
        *(lambda text: contact(name=text), lambda text: contact(phone=text)),
    ],
)
def test_a_persons_number_is_refused_and_not_quoted(called: Callable[[str], Any]) -> None:
    with pytest.raises(UsageError) as told:
        called(NUMBER)
    assert NUMBER not in str(told.value)


@pytest.mark.parametrize(
    ("start", "until"),
    [
        *(("1970-01-02", None), ("1970-01-01", "1970-01-01"), ("2030-01-01", None)),
        ("2030-01-01", "2030-02-01"),
    ],
)
def test_a_span_that_holds_nothing_is_refused(start: str, until: str | None) -> None:
    with pytest.raises(UsageError, match="nothing lies between"):
        span_called(start, until, now_ms=DAY_MS)


def test_times_are_utc_unless_they_say_otherwise() -> None:
    assert span("1970-01-01T06:00") == (DAY_MS // 4, DAY_MS)
    assert span("1970-01-01T07:00+01:00") == (DAY_MS // 4, DAY_MS)


@pytest.mark.parametrize("phone", ["21000000", "+47 21 00 00 00", "0047 21000000"])
def test_a_telephone_is_taken_as_people_write_it(phone: str) -> None:
    assert contact(phone=phone, email="support@vendor.example").phone == phone


@pytest.mark.parametrize("said", [{"name": " "}, {"phone": ""}, {"party": "visma"}])
def test_whom_nobody_could_call_is_no_contact(said: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        contact(**said)
