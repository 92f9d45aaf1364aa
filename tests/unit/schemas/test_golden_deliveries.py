"""The golden deliveries: every stored record, through the pipeline, is answered as stored."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from kpr_stream.cli.report import plain
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.topics import SOURCE_TOPICS
from kpr_stream.model.words import (
    Cause,
    MessageType,
    Note,
    Outcome,
    ReceiptStatus,
    Refusal,
)
from kpr_stream.schemas.wire import decode
from tests.support.repository import SCHEMAS
from tools.golden.case import Need
from tools.golden.receiver import GoldenReceiver, receipt_of

FOLDER = SCHEMAS / "golden" / "deliveries"
INDEX = json.loads((FOLDER / "index.json").read_text("utf-8"))
NAMES = [case["name"] for case in INDEX["cases"]]
ADDED_BY_VERSION_2 = {"cause", "refused_item", "cause_text", "resend", "unit_blocked", "notes"}


def case_named(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return found


def receipts() -> Iterator[dict[str, Any]]:
    for name in NAMES:
        for record in case_named(name)["records"]:
            yield from (answer["record"] for answer in record["receipts"])


def source(record: dict[str, Any], offset: int) -> SourceRecord:
    value = record["value_base64"]
    time = datetime.fromisoformat(record["broker_time"])
    return SourceRecord(
        topic_index=SOURCE_TOPICS.index(record["topic"]),
        partition=record["partition"],
        offset=offset,
        received_at=int(time.timestamp() * 1000),
        key=record["key"].encode(),
        value=None if value is None else base64.b64decode(value) + bytes(record["zeros"]),
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_record_is_answered_as_stored(name: str) -> None:
    case = case_named(name)
    receiver = GoldenReceiver(None if case["needs"] is None else Need(case["needs"]))
    offsets: dict[str, int] = {}
    for record in case["records"]:
        offset = offsets.get(record["topic"], 0)
        offsets[record["topic"]] = offset + 1
        answers = receiver.answer(source(record, offset))
        if case["needs"] == Need.OPERATOR:
            answers += receiver.replay(source(record, offset))
        assert [plain(receipt_of(one)) for one in answers] == [
            answer["record"] for answer in record["receipts"]
        ]
        assert [(one.topic, one.key.decode()) for one in answers] == [
            (answer["topic"], answer["key"]) for answer in record["receipts"]
        ]


@pytest.mark.parametrize("name", NAMES)
def test_the_bytes_of_a_receipt_say_what_is_beside_them(name: str) -> None:
    for record in case_named(name)["records"]:
        for answer in record["receipts"]:
            beside = answer["record"]
            first = plain(decode("receipt", base64.b64decode(answer["version_1_base64"])))
            assert {k: v for k, v in first.items() if k not in ADDED_BY_VERSION_2} == {
                k: v for k, v in beside.items() if k not in ADDED_BY_VERSION_2
            }
            if answer["version_2_base64"] is not None:
                second = decode("receipt", base64.b64decode(answer["version_2_base64"]))
                assert plain(second) == beside


def test_every_status_cause_outcome_and_note_occurs() -> None:
    found = list(receipts())
    assert {one["status"] for one in found} == set(ReceiptStatus)
    assert {one["cause"] for one in found} - {None} == set(Cause)
    assert {one["reason"] for one in found} - {None} == set(Refusal)
    assert {word for one in found for word, n in one["counts"].items() if n} == set(Outcome)
    assert {note["note"] for one in found for note in one["notes"]} == set(Note)
    assert {one["message_type"] for one in found} >= set(MessageType)
    assert max(one["parts"] for one in found) > 1
    assert any("æ" in (item["local_id"] or "") for one in found for item in one["items"])


def test_every_case_has_a_unit_and_a_file_of_its_own() -> None:
    units = [case["org_nr"] for case in INDEX["cases"]]
    assert len(set(units)) == len(units)
    assert {path.stem for path in FOLDER.glob("*.json")} - {"index"} == set(NAMES)
    for case in INDEX["cases"]:
        assert case["answers"], case["name"]
        assert case["needs"] in {None, *Need}
        assert len(case_named(case["name"])["records"]) == case["records"]


def test_what_is_not_compared_are_fields_of_a_receipt() -> None:
    (one,) = (answer for answer in receipts() if answer["cause"] == Cause.WRONG_KEY)
    note = next(answer["notes"][0] for answer in receipts() if answer["notes"])
    for name in INDEX["not_compared"]:
        outer, _, inner = name.partition(".")
        assert outer in one
        assert not inner or inner in note
