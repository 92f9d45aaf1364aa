"""What a tail shows, what it leaves out, and what it says of itself."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from kpr_stream.analytics.purpose import Purpose
from kpr_stream.analytics.tail.newest import ReplacedRecords
from kpr_stream.analytics.tail.order import TailOrder
from kpr_stream.analytics.tail.shown import TopicChange, head, read_change
from kpr_stream.analytics.tail.start import Start
from kpr_stream.cli.arguments import parse_start
from kpr_stream.errors import UsageError, WireFormatError
from kpr_stream.model.topics import ANALYST_CONSULTATION
from kpr_stream.model.words import System
from kpr_stream.schemas import wire

PURPOSE = Purpose("A test")
KEY = "0" * 31 + "a"
PLACE = (ANALYST_CONSULTATION, 3, 17)
ROW: dict[str, Any] = {
    "consultation_key": KEY,
    "org_nr": "974760673",
    "system": "visma-hspro",
    "date": date(2026, 3, 2),
    "municipality_code": "0301",
    "programme_step": "UKE_6",
    "age_months": 1,
    "weight_g": 4500,
    "reference_version": "2026.1",
}
NOW_MS = 1_800_000_000_000


def change(**more: Any) -> TopicChange:
    value = wire.encode("analyst_consultation", {**ROW, **more})
    return read_change(PLACE, KEY.encode(), value)


def order(**more: Any) -> TailOrder:
    return TailOrder(purpose=PURPOSE, **more)


def test_a_record_is_shown_with_its_fields_and_a_removal_as_what_it_means() -> None:
    found = change().as_object()
    assert {name: found[name] for name in ROW} == ROW
    assert found["shown"] is True
    removed = read_change(PLACE, KEY.encode(), None)
    assert removed.as_object() == {"consultation_key": KEY, "shown": False}
    assert removed.as_line().split() == ["removed", KEY]


def test_a_line_has_its_values_under_their_heads() -> None:
    line, titles = change().as_line(), head()
    for title, value in (("date", "2026-03-02"), ("place", "0301"), ("unit", "974760673")):
        assert line[titles.index(title) :].startswith(value)
    assert line[: titles.index("weight g") + len("weight g")].endswith("4500")
    assert line.endswith(KEY)


def test_a_code_of_a_sender_cannot_control_the_terminal() -> None:
    line = change(programme_step="UKE\x1b[2J\n6").as_line()
    assert "UKE?[2J?6" in line
    assert line.isprintable()


@pytest.mark.parametrize("key", [None, b"", KEY.upper().encode(), KEY.encode() + b"0"])
def test_a_record_with_another_key_is_named_and_its_key_is_not(key: bytes | None) -> None:
    with pytest.raises(WireFormatError, match="partition 3, offset 17: its key") as refused:
        read_change(PLACE, key, None)
    assert KEY.upper() not in str(refused.value)


def test_a_value_that_cannot_be_read_is_named() -> None:
    with pytest.raises(WireFormatError, match="partition 3, offset 17"):
        read_change(PLACE, KEY.encode(), b"\x00\x00")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, (True, True)),
        ({"municipality": "0301"}, (True, True)),
        ({"municipality": "5001"}, (False, True)),
        ({"system": System.VISMA_HSPRO}, (True, True)),
        ({"system": System.EG_INFODOC}, (False, True)),
        ({"system": System.EG_INFODOC, "municipality": "0301"}, (False, True)),
    ],
)
def test_a_filter_holds_back_rows_and_no_removal(
    asked: dict[str, Any], expected: tuple[bool, bool]
) -> None:
    removal = read_change(PLACE, KEY.encode(), None)
    assert (order(**asked).matches(change()), order(**asked).matches(removal)) == expected


@pytest.mark.parametrize("code", ["", "301", "03011", "Oslo", "०३०१"])
def test_a_municipality_is_four_digits(code: str) -> None:
    with pytest.raises(UsageError, match="four digits"):
        order(municipality=code)


def test_the_entry_says_what_was_asked_for() -> None:
    assert order().describe() == f"{ANALYST_CONSULTATION}; from latest"
    asked = order(municipality="0301", system=System.EG_INFODOC, start=0, limit=5).describe()
    assert asked == (
        f"{ANALYST_CONSULTATION}; municipality 0301; system eg-infodoc; "
        "from 1970-01-01T00:00:00Z; limit 5"
    )


def test_a_start_is_a_word_or_a_time_that_has_been() -> None:
    assert parse_start("earliest", now_ms=NOW_MS) is Start.EARLIEST
    assert parse_start("latest", now_ms=NOW_MS) is Start.LATEST
    assert parse_start("2026-03-01T01:00+01:00", now_ms=NOW_MS) == 1_772_323_200_000
    for wrong in ("yesterday", "", "2999-01-01"):
        with pytest.raises(UsageError, match="--from"):
            parse_start(wrong, now_ms=NOW_MS)


def test_only_the_newest_record_of_a_key_is_not_replaced() -> None:
    found = ReplacedRecords()
    assert found.offsets() == frozenset()
    found.take([b"a", b"b", b"a"], [4, 5, 9])
    found.take([], [])
    found.take([b"c", b"a"], [12, 13])
    assert found.offsets() == {4, 9}
