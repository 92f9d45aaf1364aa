from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kpr_stream.model.words import MessageType, Operation, Service, System
from kpr_stream.simulate.small.entries import UNREADABLE_MEASURE, Entry
from kpr_stream.simulate.small.places import Unit
from kpr_stream.simulate.small.truth import Receiver

UNIT = Unit(
    org_nr="800000009",
    system=System.EG_INFODOC,
    municipality_code="0301",
    district_code="030101",
    services=(Service.HFU,),
    weight=1,
)


def entry(line: str, local_id: str | None = "k") -> Entry:
    """``up A`` (content A), ``delete``, ``keep`` or ``up None`` (without a start)."""
    word, _, content = line.partition(" ")
    operation = {"up": Operation.UPSERT, "delete": Operation.DELETE, "keep": Operation.KEEP}[word]
    start = None if content == "None" else datetime(2025, 1, 1, 9, tzinfo=UTC)
    described = {"start": start, "service": content} if word == "up" else None
    return Entry(MessageType.CONSULTATION, operation, local_id, described)


def outcomes(history: list[tuple[int, str]]) -> list[str]:
    """Outcomes of entries extracted on the given days, sent in this order."""
    receiver = Receiver(UNIT)
    return [
        receiver.take(entry(line), (datetime(2025, 2, day, tzinfo=UTC), turn))
        for turn, (day, line) in enumerate(history)
    ]


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([(1, "up A")], ["accepted"]),
        ([(1, "up A"), (2, "up A"), (1, "up A")], ["accepted", "duplicate", "duplicate"]),
        ([(1, "up A"), (2, "up B")], ["accepted", "corrected"]),
        ([(2, "up B"), (1, "up A")], ["accepted", "stale"]),
        ([(1, "up A"), (1, "up B")], ["accepted", "corrected"]),
        ([(1, "up A"), (2, "delete"), (3, "delete")], ["accepted", "deleted", "duplicate"]),
        ([(2, "up A"), (1, "delete")], ["accepted", "stale"]),
        ([(2, "delete"), (1, "up A")], ["deleted", "stale"]),
        ([(2, "delete"), (3, "up A")], ["deleted", "accepted"]),
        ([(1, "up A"), (2, "keep"), (3, "up A")], ["accepted", "duplicate", "duplicate"]),
        ([(1, "up None"), (2, "up A")], ["rejected", "accepted"]),
        ([(1, "up A"), (3, "up A"), (2, "up B")], ["accepted", "duplicate", "stale"]),
    ],
)
def test_outcomes_are_those_of_the_contract(
    history: list[tuple[int, str]], expected: list[str]
) -> None:
    assert outcomes(history) == expected


def test_an_item_without_id_is_rejected_whatever_it_asks() -> None:
    receiver = Receiver(UNIT)
    version = (datetime(2025, 2, 1, tzinfo=UTC), 0)
    for line in ("up A", "delete", "keep"):
        assert receiver.take(entry(line, None), version) == "rejected"
    assert receiver.records(ids_as_numbers=False) == []


def test_what_is_impossible_or_unreadable_is_set_aside() -> None:
    content: dict[str, Any] = {
        "start": datetime(2025, 1, 1, 9, tzinfo=UTC),
        "weight_g": 38,
        "length_mm": 505,
        "head_circumference_mm": UNREADABLE_MEASURE,
        "fnr": "01810178928",
        "dnr": "41810178928",
        "municipality_code": "1601",
    }
    receiver = Receiver(UNIT)
    upsert = Entry(MessageType.CONSULTATION, Operation.UPSERT, "k", content)
    receiver.take(upsert, (datetime(2025, 2, 1, tzinfo=UTC), 0))
    (found,) = receiver.records(ids_as_numbers=True)
    assert found["record"]["set_aside"] == ["weight_g", "head_circumference_mm"]
    assert found["record"]["weight_g"] is None
    assert found["record"]["length_mm"] == 505
    assert found["record"]["municipality_code"] == "1601"
    assert found["warnings"] == [
        "ID_LEADING_ZERO_LOST",
        "MUNICIPALITY_NOT_VALID_THEN",
        "SEVERAL_IDS",
    ]
    assert found["person"] == {"kind": "fnr", "number": "01810178928"}
