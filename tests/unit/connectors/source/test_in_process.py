"""Items of a Python program are checked and sent as those of a file are."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from kpr_stream.connectors.source.in_process import InProcess, Submission
from kpr_stream.errors import ExportError
from kpr_stream.model.words import MessageType
from tests.unit.connectors.exports import FNR, UNIT

ITEM = {"operation": "upsert", "consultation_id": "k-1", "start": 1_736_241_300_000_000}


def submission(*items: dict[str, Any], **more: Any) -> Submission:
    usual: dict[str, Any] = {
        "name": "2025-01-07",
        "org_nr": UNIT,
        "municipality_code": "0301",
        "message_type": MessageType.CONSULTATION,
        "period_from": date(2025, 1, 7),
        "period_to": date(2025, 1, 7),
        "extracted_at": datetime(2025, 1, 8, tzinfo=UTC),
        "items": items,
    }
    return Submission(**usual | more)


def opened(one: Submission) -> Any:
    (series,) = InProcess([one], "7.4", synthetic_units=True).series()
    assert series.software_version == "7.4"
    return series.pending[0].open()


def test_items_are_filled_to_the_contract() -> None:
    document = opened(submission(ITEM, {"operation": "delete", "consultation_id": "k-0"}))
    (part,) = document.parts(None)
    made = part.make()
    assert [item["consultation_id"] for item in made.items] == ["k-1", "k-0"]
    assert made.items[0]["practitioner_roles"] == made.items[1]["unreadable"] == []
    assert made.items[0]["fnr"] is None
    assert made.place_of(1).pointer == "/items/1"
    assert list(document.parts(frozenset({"other"}))) == []


def test_a_submission_is_recognised_by_its_content() -> None:
    same = opened(submission(ITEM)).digest
    assert opened(submission(dict(reversed(ITEM.items())))).digest == same
    assert opened(submission(ITEM | {"grade": 1})).digest != same
    assert opened(submission(ITEM, period_to=date(2025, 1, 8))).digest != same


@pytest.mark.parametrize(
    ("one", "what"),
    [
        (submission(ITEM, org_nr="1"), "org_nr"),
        (submission(ITEM, municipality_code="x"), "municipality_code"),
        (submission(ITEM, extracted_at=datetime(2025, 1, 8)), "no time zone"),  # noqa: DTZ001
        (submission(ITEM, ITEM | {"vekt": 1}), "/items/1 has the field «vekt»"),
        (submission(ITEM | {FNR: 1}), "/items/0 has a field"),
        (submission(ITEM | {"fnr": int(FNR)}), "/items/0/fnr has a value of the wrong type"),
        (submission(ITEM | {"operation": FNR}), "/items/0/operation is not upsert"),
    ],
)
def test_what_the_contract_cannot_take_is_refused_by_place(one: Submission, what: str) -> None:
    with pytest.raises(ExportError) as refused:
        opened(one)
    assert what in refused.value.message
    assert FNR.lstrip("0") not in str(refused.value)


@pytest.mark.parametrize("year", [2016, 2099])
def test_a_time_that_cannot_be_true_is_refused(year: int) -> None:
    document = opened(submission(ITEM, extracted_at=datetime(year, 1, 8, tzinfo=UTC)))
    with pytest.raises(ExportError, match="extracted_at"):
        document.require_usable(now_ms=1_738_382_400_000)
