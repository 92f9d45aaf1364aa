"""What is typed on a command line: parsed, or refused without being quoted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kpr_stream.cli.arguments import (
    parse_consultation_key,
    parse_date,
    parse_party,
    parse_person_key,
    parse_quarantine_id,
    parse_time_range,
    parse_unit,
)
from kpr_stream.errors import UsageError

NUMBER = "21891012345"
DAY_MS = 86_400_000
KEY = "0f69e6c39847dbb048c27fe951d1ddcc"


def time_range(text: str) -> Any:
    return parse_time_range(text, None, now_ms=DAY_MS)


def day(text: str) -> Any:
    return parse_date(text, "--from")


@pytest.mark.parametrize(
    "parse",
    [
        *(time_range, day, parse_unit, parse_person_key, parse_consultation_key),
        *(parse_quarantine_id, parse_party),
    ],
)
def test_a_persons_number_is_refused_and_not_quoted(parse: Callable[[str], Any]) -> None:
    with pytest.raises(UsageError) as refused:
        parse(NUMBER)
    assert NUMBER not in str(refused.value)


@pytest.mark.parametrize(
    ("start", "until"),
    [
        *(("1970-01-02", None), ("1970-01-01", "1970-01-01"), ("2030-01-01", None)),
        ("2030-01-01", "2030-02-01"),
    ],
)
def test_a_time_range_that_holds_nothing_is_refused(start: str, until: str | None) -> None:
    with pytest.raises(UsageError, match="nothing lies between"):
        parse_time_range(start, until, now_ms=DAY_MS)


def test_times_are_utc_unless_they_name_a_zone() -> None:
    assert time_range("1970-01-01T06:00") == (DAY_MS // 4, DAY_MS)
    assert time_range("1970-01-01T07:00+01:00") == (DAY_MS // 4, DAY_MS)


def test_a_key_is_accepted_as_a_uuid_too() -> None:
    assert parse_person_key("0f69e6c3-9847-dbb0-48c2-7fe951d1ddcc") == parse_person_key(KEY) == KEY


@pytest.mark.parametrize("party", ["visma-hspro", "974760673"])
def test_a_party_is_a_system_or_a_unit(party: str) -> None:
    assert parse_party(party) == party


@pytest.mark.parametrize("party", ["visma", "974760674", "97476067"])
def test_any_other_party_is_refused(party: str) -> None:
    with pytest.raises(UsageError):
        parse_party(party)
