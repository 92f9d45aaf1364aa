"""What a refusal says: to version 1 of the receipt the code, to version 2 the cause with texts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from kpr_stream.model import topics
from kpr_stream.model.limits import RECEIVER
from kpr_stream.model.refusals import envelope_notes, refusal_causes
from kpr_stream.model.words import (
    Cause,
    MessageType,
    Note,
    Outcome,
    ReceiptStatus,
    Refusal,
    Resend,
    System,
)
from kpr_stream.processor.decide.delivery import _UNIT_UNKNOWN
from kpr_stream.processor.emit.receipt import (
    PART_BYTES,
    AnsweredItem,
    ReceiptDraft,
    receipt_records,
)
from kpr_stream.reference import load_reference
from kpr_stream.rules.catalogue import rules_for
from kpr_stream.schemas.catalogue import schema
from kpr_stream.schemas.encoder import FRAME
from kpr_stream.schemas.wire import decode, encode
from tests.support.deliveries import NOW, ORG_NR, consultation, source_record, synthetic_id
from tests.support.receiver import Receiver

SYSTEM = System.VISMA_HSPRO
RECEIPTS = topics.receipt_topic(SYSTEM)


@pytest.fixture
def receiver() -> Receiver:
    """A receiver that sends this system version 2."""
    found = Receiver()
    found.emitter = replace(found.emitter, receipt_v2_systems=frozenset({SYSTEM}))
    return found


def answer(receiver: Receiver) -> dict[str, Any]:
    return receiver.read(RECEIPTS, "receipt")[-1]


def altered(record: Any, **fields: Any) -> Any:
    return replace(record, value=encode("delivery", decode("delivery", record.value) | fields))


def test_every_cause_and_note_has_its_texts_in_both_languages() -> None:
    assert set(refusal_causes()) == set(Cause)
    assert set(envelope_notes()) == set(Note)
    assert {row.reason for row in refusal_causes().values()} == set(Refusal)
    for row in [*refusal_causes().values(), *envelope_notes().values()]:
        assert all(text.endswith(".") for text in row.texts.values()), row
        assert row.en != row.no


def test_the_table_says_of_each_cause_whether_the_unit_waits() -> None:
    outside = {Cause.HELLO_WITH_CONTENT, Cause.SEQUENCE_BELOW_ONE}
    free = {cause for cause, row in refusal_causes().items() if not row.blocks}
    assert free == _UNIT_UNKNOWN | outside


def test_version_1_stays_what_it_was_and_the_setting_decides() -> None:
    receiver = Receiver()
    receiver.take(source_record([], content_digest=bytes(32)))
    (record,) = [one for one in receiver.written if one.topic == RECEIPTS]
    assert FRAME.unpack_from(record.value or b"")[1] == schema("receipt", 1).id
    told = answer(receiver)
    assert (told["reason"], told["cause"], told["notes"]) == ("DIGEST_MISMATCH", None, [])


def test_a_refusal_names_its_cause_what_to_do_and_that_the_unit_waits(receiver: Receiver) -> None:
    receiver.take(source_record([], content_digest=bytes(32)))
    told = answer(receiver)
    row = refusal_causes()[Cause.DIGEST_MISMATCH]
    assert (told["reason"], told["cause"]) == ("DIGEST_MISMATCH", "DIGEST_MISMATCH")
    assert told["cause_text"] == row.texts
    assert (told["resend"], told["unit_blocked"], told["refused_item"]) == ("corrected", True, None)
    receiver.take(source_record([], attempt=2))
    told = answer(receiver)
    assert (told["status"], told["cause"], told["unit_blocked"]) == ("processed", None, False)


def test_an_item_that_is_too_large_is_named(receiver: Receiver) -> None:
    large = consultation(1) | {"department_id": "x" * (RECEIVER.item_bytes + 1)}
    receiver.take(source_record([consultation(0), large, consultation(2)]))
    told = answer(receiver)
    assert (told["reason"], told["cause"]) == ("TOO_LARGE", "ITEM_TOO_LARGE")
    assert told["refused_item"] == 1


def test_what_stands_in_place_of_an_org_number_is_not_repeated(receiver: Receiver) -> None:
    text = synthetic_id(date(2019, 5, 4))
    receiver.take(altered(source_record([]), system="eg-infodoc", org_nr=text))
    told = answer(receiver)
    assert (told["cause"], told["org_nr"]) == ("WRONG_SYSTEM", "")
    written = receiver.written[-1]
    assert text.encode() not in (written.key or b"") + (written.value or b"")


def test_every_part_of_a_receipt_of_version_2_fits_the_topic(receiver: Receiver) -> None:
    rules = tuple(rule.id for rule in rules_for(MessageType.CONSULTATION, load_reference()))
    items = tuple(AnsweredItem(index, "æ" * 90, Outcome.REJECTED, rules) for index in range(2_000))
    draft = ReceiptDraft(
        source=source_record([]),
        system=SYSTEM,
        org_nr=ORG_NR,
        status=ReceiptStatus.PROCESSED,
        expected_sequence=2,
        rule_set_version="1",
        notes=tuple(Note),
        items=items,
        # The longest texts of all causes; a receipt that lists items has no cause.
        cause=max(Cause, key=lambda cause: len(str(refusal_causes()[cause].texts))),
    )
    parts = receipt_records(receiver.emitter, draft)
    assert len(parts) > 1
    assert all(len(part.value or b"") <= PART_BYTES for part in parts)


@pytest.mark.parametrize("fields", [{"item_count": 2}, {"attempt": 0}, {"payload": bytes(17)}])
def test_a_hello_that_holds_what_it_may_not_is_refused_and_blocks_nobody(
    receiver: Receiver, fields: dict[str, Any]
) -> None:
    receiver.take(altered(source_record(message_type=MessageType.HELLO), **fields))
    told = answer(receiver)
    assert (told["status"], told["reason"]) == ("refused", "UNDECODABLE")
    assert (told["unit_blocked"], told["expected_sequence"]) == (False, 1)
    receiver.take(source_record([]))
    assert answer(receiver)["status"] == "processed"


@pytest.mark.parametrize("sequence", [0, -1, -(2**62)])
def test_a_sequence_below_one_is_refused_for_that(receiver: Receiver, sequence: int) -> None:
    receiver.take(source_record([], sequence=1))
    receiver.take(source_record([], sequence=sequence))
    told = answer(receiver)
    assert (told["status"], told["cause"]) == ("refused", "SEQUENCE_BELOW_ONE")
    assert (told["unit_blocked"], told["expected_sequence"]) == (False, 2)


def test_a_frame_that_cannot_be_read_is_answered_with_its_place(receiver: Receiver) -> None:
    record = source_record([])
    receiver.take(replace(record, value=b"{}", offset=4711))
    told = answer(receiver)
    assert (told["cause"], told["delivery_id"]) == ("NO_FRAME", "")
    assert (told["source_partition"], told["source_offset"]) == (record.partition, 4711)
    assert told["resend"] == Resend.CORRECTED


def test_a_period_that_is_not_right_is_noted_and_costs_nothing(receiver: Receiver) -> None:
    receiver.take(source_record([consultation()], period_to=NOW.date().replace(year=2099)))
    told = answer(receiver)
    assert told["status"] == "processed"
    assert [note["note"] for note in told["notes"]] == [Note.PERIOD_AFTER_TODAY]
