"""What a batch of deliveries leaves behind."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import fastavro
import pytest

from kpr_stream.model import topics
from kpr_stream.model.header import HeaderStatus
from kpr_stream.model.words import MessageType, System
from kpr_stream.processor.state.entries import read_entry
from kpr_stream.schemas.catalogue import schema
from tests.support.deliveries import NOW, ORG_NR, appointment, consultation, source_record
from tests.support.receiver import Receiver, keys

SYSTEM = System.VISMA_HSPRO
RECEIPTS = topics.receipt_topic(SYSTEM)


def delivery(sequence: int, *items: dict[str, Any], **more: Any) -> Any:
    more.setdefault("offset", sequence - 1)
    return source_record(items, sequence=sequence, **more)


def counts(receiver: Receiver) -> list[dict[str, int]]:
    """The counts of every receipt, without zeros."""
    return [
        {name: n for name, n in receipt["counts"].items() if n}
        for receipt in receiver.read(RECEIPTS, "receipt")
    ]


def test_what_a_new_item_leaves() -> None:
    receiver = Receiver()
    batch = receiver.take(delivery(1, consultation(1)))
    assert [o.topic for o in batch.outputs] == [
        topics.IDENTITY,
        topics.CONSULTATION,
        topics.IDENTITY_LINK,
        RECEIPTS,
        topics.UNIT,
        topics.RELEASE,
    ]
    (cleaned,) = receiver.read(topics.CONSULTATION, "consultation")
    key = keys().pseudonyms.consultation_key(ORG_NR, SYSTEM, "k-1").hex()
    assert (cleaned["consultation_key"], cleaned["status"]) == (key, "live")
    assert cleaned["weight_g"] == 4501
    (receipt,) = receiver.read(RECEIPTS, "receipt")
    assert (receipt["status"], receipt["expected_sequence"]) == ("processed", 2)
    assert receipt["items"] == []


def test_no_output_holds_the_persons_id_or_the_local_id() -> None:
    receiver = Receiver()
    item = consultation(1, consultation_id="local-id-of-the-epj")
    for record in receiver.take(delivery(1, item)).outputs:
        data = record.key + (record.value or b"") + record.header.pack()
        assert item["fnr"].encode() not in data
        assert b"local-id-of-the-epj" not in data


def test_the_sealed_identity_opens_to_the_id_under_its_own_key_only() -> None:
    receiver = Receiver()
    receiver.take(delivery(1, consultation(1)))
    (record,) = [o for o in receiver.written if o.topic == topics.IDENTITY]
    (identity,) = receiver.read(topics.IDENTITY, "identity")
    clear = keys().identity.open(identity["sealed"], record_key=record.key)
    assert json.loads(clear)["id"] == consultation(1)["fnr"]


def test_a_person_is_written_once_whatever_single_items_say_against_the_number() -> None:
    receiver = Receiver()
    same = {"fnr": consultation(1)["fnr"], "birth_date": consultation(1)["birth_date"]}
    others: tuple[dict[str, Any], ...] = ({"sex": "1"}, {"sex": "2"}, {"birth_date": None})
    receiver.take(delivery(1, consultation(1), consultation(2, **same)))
    for sequence, said in enumerate(others, start=2):
        receiver.take(delivery(sequence, consultation(sequence + 1, **same | said)))
    assert len(receiver.read(topics.IDENTITY, "identity")) == 1


def test_a_person_whose_number_says_nothing_is_written_again_when_the_items_say_otherwise() -> None:
    receiver = Receiver()
    same = {"fnr": None, "duf": "201012345678", "birth_date": consultation(1)["birth_date"]}
    receiver.take(delivery(1, consultation(1, **same, sex="1"), consultation(2, **same, sex="1")))
    assert len(receiver.read(topics.IDENTITY, "identity")) == 1
    receiver.take(delivery(2, consultation(3, **same, sex="2")))
    assert len(receiver.read(topics.IDENTITY, "identity")) == 2


def test_the_outcomes_of_one_items_life() -> None:
    receiver = Receiver()
    item, other = consultation(1), consultation(1, duration_minutes=45)
    early = {"extracted_at": NOW - timedelta(days=2)}
    receiver.take(delivery(1, item))
    receiver.take(delivery(2, item))
    receiver.take(delivery(3, other))
    receiver.take(delivery(4, item, **early))
    receiver.take(delivery(5, consultation(1, operation="delete")))
    receiver.take(delivery(6, consultation(1, operation="delete")))
    receiver.take(delivery(7, item))
    receiver.take(delivery(8, consultation(1, operation="keep")))
    assert counts(receiver) == [
        {"accepted": 1},
        {"duplicate": 1},
        {"corrected": 1},
        {"stale": 1},
        {"deleted": 1},
        {"duplicate": 1},
        {"accepted": 1},
        {"duplicate": 1},
    ]
    statuses = [r["status"] for r in receiver.read(topics.CONSULTATION, "consultation")]
    assert statuses == ["live", "live", "deleted", "live"]


def test_a_marker_has_no_content() -> None:
    receiver = Receiver()
    receiver.take(delivery(1, consultation(1)))
    receiver.take(delivery(2, consultation(1, operation="delete")))
    marker = receiver.read(topics.CONSULTATION, "consultation")[-1]
    assert marker["status"] == "deleted"
    for name in ("person_key", "date", "weight_g", "sex", "breastfeeding", "municipality_code"):
        assert marker[name] is None


def test_a_delete_before_its_create_is_remembered() -> None:
    receiver = Receiver()
    receiver.take(delivery(1, consultation(1, operation="delete")))
    receiver.take(delivery(2, consultation(1), extracted_at=NOW - timedelta(days=1)))
    assert counts(receiver) == [{"deleted": 1}, {"stale": 1}]


def test_in_one_delivery_deletes_come_first_and_one_record_is_left() -> None:
    receiver = Receiver()
    both = (consultation(1), consultation(1, operation="delete"))
    receiver.take(delivery(1, *both))
    assert counts(receiver) == [{"accepted": 1, "deleted": 1}]
    assert [r["status"] for r in receiver.read(topics.CONSULTATION, "consultation")] == ["live"]
    before = dict(receiver.ledger.entries)
    receiver.take(delivery(2, *both))
    assert counts(receiver)[-1] == {"accepted": 1, "deleted": 1}
    assert len(receiver.read(topics.CONSULTATION, "consultation")) == 1
    consultations = {k: v for k, v in receiver.ledger.entries.items() if k[:1] == b"c"}
    assert consultations == {k: v for k, v in before.items() if k[:1] == b"c"}


def test_the_same_id_twice_in_a_delivery_leaves_the_later_one() -> None:
    receiver = Receiver()
    receiver.take(delivery(1, consultation(1), consultation(1, duration_minutes=50)))
    assert counts(receiver) == [{"accepted": 1, "corrected": 1}]
    (cleaned,) = receiver.read(topics.CONSULTATION, "consultation")
    assert cleaned["duration_minutes"] == 50


def test_a_rejected_item_goes_to_quarantine_and_comes_out_as_it_was() -> None:
    receiver = Receiver()
    bad = consultation(1, consultation_id=None)
    receiver.take(delivery(1, bad, consultation(2)))
    assert counts(receiver) == [{"accepted": 1, "rejected": 1}]
    (record,) = receiver.read(topics.QUARANTINE, "quarantined_item")
    (state,) = receiver.read(topics.QUARANTINE_STATE, "quarantine_state")
    assert (state["quarantine_id"], state["state"]) == (record["quarantine_id"], "open")
    assert record["findings"] == [
        {"rule": "CONSULTATION_ID_MISSING", "pointer": "/consultation_id"}
    ]
    clear = keys().quarantine.open(record["sealed"], record_key=record["quarantine_id"].encode())
    item = fastavro.schemaless_reader(io.BytesIO(clear), schema("consultation_item").parsed, None)
    assert isinstance(item, dict)
    assert (item["fnr"], item["weight_g"]) == (bad["fnr"], bad["weight_g"])
    (receipt,) = receiver.read(RECEIPTS, "receipt")
    assert receipt["items"] == [
        {
            "index": 0,
            "local_id": None,
            "outcome": "rejected",
            "findings": [{"rule": "CONSULTATION_ID_MISSING", "pointer": "/consultation_id"}],
        }
    ]
    assert [t["rule"] for t in receipt["texts"]] == ["CONSULTATION_ID_MISSING"]


def test_a_local_id_that_holds_a_national_id_is_not_told_again() -> None:
    receiver = Receiver()
    fnr = consultation(9)["fnr"]
    receiver.take(delivery(1, consultation(1, consultation_id=f"besok {fnr}")))
    (receipt,) = receiver.read(RECEIPTS, "receipt")
    assert [item["local_id"] for item in receipt["items"]] == [None]


def test_repeats_reuse_and_gaps_leave_a_receipt_and_nothing_else() -> None:
    receiver = Receiver()
    first = delivery(1, consultation(1))
    receiver.take(first)
    written = len(receiver.written)
    receiver.take(
        replace(first, offset=1),  # the same bytes: a container made anew has another sync marker
        delivery(1, consultation(2), offset=2),
        delivery(5, consultation(3), offset=3),
        source_record(message_type=MessageType.HELLO, offset=4),
    )
    answered = receiver.read(RECEIPTS, "receipt")[1:]
    assert [(r["status"], r["expected_sequence"]) for r in answered] == [
        ("repeated", 2),
        ("sequence_reused", 2),
        ("out_of_order", 2),
        ("hello", 2),
    ]
    assert answered[0]["counts"]["accepted"] == 1
    assert len(receiver.written) == written + 4


def test_one_that_does_not_open_blocks_its_unit_until_a_corrected_one_comes() -> None:
    receiver = Receiver()
    receiver.take(
        delivery(1, consultation(1), content_digest=bytes(32)),
        delivery(2, consultation(2)),
        delivery(1, consultation(1), offset=2, attempt=2),
    )
    answered = receiver.read(RECEIPTS, "receipt")
    assert [(r["status"], r["reason"]) for r in answered] == [
        ("refused", "DIGEST_MISMATCH"),
        ("out_of_order", None),
        ("processed", None),
    ]
    freed = receiver.read(topics.UNIT, "unit_state")[-1]
    assert (freed["blocked_reason"], freed["next_sequence"]) == (None, 2)


def test_a_blocked_unit_says_since_when_and_why() -> None:
    receiver = Receiver()
    receiver.take(delivery(1, consultation(1), content_digest=bytes(32)))
    (blocked,) = receiver.read(topics.UNIT, "unit_state")
    assert (blocked["blocked_reason"], blocked["next_sequence"]) == ("DIGEST_MISMATCH", 1)
    assert blocked["blocked_since"] == NOW


def test_one_bad_delivery_sent_over_and_over_is_settled_in_one_batch() -> None:
    """Each in a transaction of its own would hold up the whole lane for 30 ms a repeat."""
    receiver = Receiver()
    batch = receiver.take(
        *(
            delivery(1, consultation(1), content_digest=bytes(32), offset=n, attempt=n + 1)
            for n in range(20)
        ),
        delivery(1, consultation(1), offset=20, attempt=21),
        delivery(2, consultation(2), offset=21),
    )
    assert batch.taken == 22
    statuses = [r["status"] for r in receiver.read(RECEIPTS, "receipt")]
    assert statuses == ["refused"] * 20 + ["processed"] * 2


def test_units_and_systems_do_not_touch_each_other() -> None:
    receiver = Receiver()
    receiver.take(
        delivery(1, consultation(1)),
        delivery(1, consultation(1), system=System.EG_INFODOC),
    )
    assert counts(receiver) == [{"accepted": 1}]
    other = receiver.read(topics.receipt_topic(System.EG_INFODOC), "receipt")
    assert other[0]["counts"]["accepted"] == 1
    assert len({o.key for o in receiver.written if o.topic == topics.CONSULTATION}) == 2


@pytest.mark.parametrize("wrong", [{"org_nr": "123456789"}, {"system": "eg-infodoc"}])
def test_whose_delivery_it_is_cannot_be_told_then_no_unit_is_blocked(wrong: Any) -> None:
    receiver = Receiver()
    good = delivery(1, consultation(1))
    fields = delivery(1, consultation(1), **wrong) if "org_nr" in wrong else None
    record = good if fields is None else fields
    if fields is None:
        moved = source_record([consultation(1)], system=System.EG_INFODOC)
        record = replace(moved, topic_index=0, offset=0)
    receiver.take(record)
    (receipt,) = receiver.read(RECEIPTS, "receipt")
    assert (receipt["status"], receipt["expected_sequence"]) == ("refused", 0)
    assert receiver.read(topics.UNIT, "unit_state") == []


def test_garbage_is_answered_and_blocks_the_unit_its_key_names() -> None:
    receiver = Receiver()
    good = delivery(1, consultation(1))
    garbage = replace(good, offset=0, value=b"\x00")
    receiver.take(garbage)
    (receipt,) = receiver.read(RECEIPTS, "receipt")
    assert (receipt["status"], receipt["reason"]) == ("refused", "UNDECODABLE")
    (state,) = receiver.read(topics.UNIT, "unit_state")
    assert state["blocked_reason"] == "UNDECODABLE"


def test_appointments_are_kept_apart_from_consultations() -> None:
    receiver = Receiver()
    receiver.take(delivery(1, appointment(1), message_type=MessageType.APPOINTMENT))
    (cleaned,) = receiver.read(topics.APPOINTMENT, "appointment")
    assert cleaned["attendance"] == "PLANLAGT"
    assert receiver.read(topics.CONSULTATION, "consultation") == []


def test_a_receipt_too_large_comes_in_parts_that_together_name_every_item() -> None:
    receiver = Receiver()
    items = [consultation(n, consultation_id=f"{n}-" + "å" * 70) for n in range(4000)]
    receiver.take(delivery(1, *items))
    receiver.take(delivery(2, *items))
    parts = [r for r in receiver.read(RECEIPTS, "receipt") if r["sequence"] == 2]
    assert len(parts) > 1
    assert [p["part"] for p in parts] == list(range(1, len(parts) + 1))
    assert {p["parts"] for p in parts} == {len(parts)}
    assert [i["index"] for p in parts for i in p["items"]] == list(range(4000))
    assert {p["counts"]["duplicate"] for p in parts} == {4000}
    sizes = [len(o.value or b"") for o in receiver.written if o.topic == RECEIPTS]
    assert max(sizes) <= 900_000


def test_the_ledger_knows_what_the_last_record_said() -> None:
    receiver = Receiver()
    receiver.take(delivery(1, consultation(1)))
    receiver.take(delivery(2, consultation(1, operation="delete")))
    key = keys().pseudonyms.consultation_key(ORG_NR, SYSTEM, "k-1")
    known = read_entry(receiver.ledger.entries[b"c" + key])
    assert (known.status, known.version.sequence) == (HeaderStatus.DELETED, 2)
