"""Starts and dates that nobody can have had, and those that programs write for none."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from kpr_stream.model.delivery import Prepared, PreparedItem
from kpr_stream.model.words import MessageType
from kpr_stream.processor.frame.prepare import FrameContext, prepare
from kpr_stream.reference import load_reference
from kpr_stream.rules.examples import examples
from tests.support.deliveries import opened

CONTEXT = FrameContext(synthetic_ids=True, reference=load_reference())
RECEIVED = datetime(2024, 3, 5, 12, tzinfo=UTC)
EXTRACTED = RECEIVED - timedelta(minutes=1)
_FIRST = datetime(1, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BOTH = [MessageType.CONSULTATION, MessageType.APPOINTMENT]
_PLANNED = {"attendance": "PLANLAGT", "weight_g": None, "length_mm": None, "breastfeeding": None}


def judged(*changes: dict[str, Any], message: str = MessageType.CONSULTATION) -> list[PreparedItem]:
    items = [{**examples().items(MessageType(message), ({},), {})[0], **c} for c in changes]
    known = examples().items(MessageType(message), ({},), {})[0].keys() | {"unreadable", "dnr"}
    known |= {"start_offset_minutes", "maternity_discharge_date"} - (
        {"maternity_discharge_date"} if message == MessageType.APPOINTMENT else set()
    )
    cut = [{name: value for name, value in item.items() if name in known} for item in items]
    at = int(RECEIVED.timestamp() * 1000)
    (found,) = prepare([opened(cut, message_type=MessageType(message), received_at=at)], CONTEXT)
    assert isinstance(found, Prepared)
    return list(found.items)


@pytest.mark.parametrize("message", _BOTH)
@pytest.mark.parametrize(
    ("start", "offset"),
    [
        (None, None),
        (_EPOCH, 0),
        (_EPOCH, 60),
        (_EPOCH, None),
        (_EPOCH - timedelta(hours=1), 60),
        (_EPOCH - timedelta(hours=1), None),
        (_EPOCH + timedelta(hours=5), -300),
        (_FIRST, 0),
        (_FIRST, 60),
        (_FIRST + timedelta(hours=5), -300),
        (_FIRST, None),
    ],
)
def test_what_programs_write_for_no_time_is_missing(
    message: str, start: datetime | None, offset: int | None
) -> None:
    (item,) = judged({"start": start, "start_offset_minutes": offset}, message=message)
    assert item.findings == ("START_MISSING",)
    assert item.rejected


def test_a_second_beside_it_is_a_time_that_cannot_be_right() -> None:
    changes = {"start": _EPOCH + timedelta(seconds=1), "start_offset_minutes": 0}
    (item,) = judged(changes)
    assert item.findings == ("START_IMPOSSIBLE",)


@pytest.mark.parametrize("message", _BOTH)
def test_a_start_that_cannot_be_read_is_not_missing(message: str) -> None:
    (item,) = judged({"start": None, "unreadable": ["start"]}, message=message)
    assert item.findings == ("START_UNREADABLE",)
    assert item.rejected
    (item,) = judged({"start": None, "unreadable": ["start", "sex"], "sex": None}, message=message)
    assert item.findings == ("START_UNREADABLE", "FIELD_UNREADABLE") or set(item.findings) == {
        "START_UNREADABLE",
        "FIELD_UNREADABLE",
    }


@pytest.mark.parametrize(
    ("field", "missing"),
    [("birth_date", "BIRTH_DATE_MISSING"), ("person_local_id", "PERSON_WITHOUT_ID")],
)
def test_a_value_that_cannot_be_read_is_not_missing(field: str, missing: str) -> None:
    bare = {"fnr": None, "person_local_id": None, "birth_date": None}
    (item,) = judged({**bare, "unreadable": [field]})
    assert "FIELD_UNREADABLE" in item.findings
    assert missing not in item.findings
    (item,) = judged(bare)
    assert missing in item.findings


@pytest.mark.parametrize(
    ("start", "attendance", "rule"),
    [
        (datetime(1999, 12, 31, 22, 59, tzinfo=UTC), "MOTT", "START_IMPOSSIBLE"),
        (datetime(1999, 12, 31, 23, 0, tzinfo=UTC), "MOTT", "START_BEFORE_REGISTER"),
        (datetime(1999, 12, 31, 22, 59, tzinfo=UTC), "IKKE_MOTT", "START_BEFORE_REGISTER"),
        (datetime(2016, 12, 31, 22, 59, tzinfo=UTC), "MOTT", "START_BEFORE_REGISTER"),
        (datetime(2016, 12, 31, 23, 0, tzinfo=UTC), "MOTT", None),
        (EXTRACTED + timedelta(days=1), "MOTT", "START_IN_FUTURE"),
        (EXTRACTED + timedelta(days=1, seconds=1), "MOTT", "START_IMPOSSIBLE"),
        (EXTRACTED + timedelta(days=1, seconds=1), "IKKE_MOTT", "START_IN_FUTURE"),
        (EXTRACTED + timedelta(days=1, seconds=1), "PLANLAGT", None),
        (EXTRACTED + timedelta(days=1, seconds=1), None, None),
        (datetime(2099, 12, 31, tzinfo=UTC), "PLANLAGT", "START_IMPOSSIBLE"),
        (datetime(1900, 1, 1, tzinfo=UTC), "PLANLAGT", "START_IMPOSSIBLE"),
    ],
)
@pytest.mark.parametrize("message", _BOTH)
def test_the_bounds_of_a_start(
    message: str, start: datetime, attendance: str | None, rule: str | None
) -> None:
    bare = {"birth_date": None, "fnr": None, "person_local_id": "p-1", "programme_step": None}
    changes = _PLANNED | bare | {"start": start, "attendance": attendance, "service": "HFU"}
    (item,) = judged(changes, message=message)
    assert item.findings == ((rule,) if rule else ())
    assert item.rejected == (rule == "START_IMPOSSIBLE")


@pytest.mark.parametrize("born", [-719_162, -719_163])
def test_a_birth_date_that_programs_write_for_none_is_missing(born: int) -> None:
    (item,) = judged({"birth_date": born, "fnr": None})
    assert item.findings == ("BIRTH_DATE_MISSING",)
    assert item.birth_date is None


def test_a_birth_date_of_1970_is_one() -> None:
    (item,) = judged({"birth_date": date(1970, 1, 1), "fnr": None, **_PLANNED})
    assert "BIRTH_DATE_MISSING" not in item.findings
    assert item.birth_date == 0


@pytest.mark.parametrize("day", [0, -719_162])
def test_a_discharge_that_programs_write_for_none_is_missing(day: int) -> None:
    (item,) = judged({"maternity_discharge_date": day})
    assert item.findings == ()
    assert item.cleaned["maternity_discharge_date"] is None


def test_items_that_are_not_stored_are_no_repeated_visits() -> None:
    for wrong in (
        {"start": None},
        {"start": _EPOCH},
        {"start": datetime(1999, 1, 1, tzinfo=UTC)},
        {"start": None, "unreadable": ["start"]},
    ):
        for item in judged({**wrong, "consultation_id": "a"}, {**wrong, "consultation_id": "b"}):
            assert "VISIT_REPEATED_IN_DELIVERY" not in item.findings
    whole, without_id = judged({"consultation_id": "a"}, {"consultation_id": None})
    assert whole.findings == ()
    assert without_id.findings == ("CONSULTATION_ID_MISSING",)
