"""What a connector says of a refusal: the receiver's cause and texts, kept with the unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kpr_stream.connectors.outbox.apply_receipts import apply_receipts
from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.outbox.refusal import refusal_text
from kpr_stream.connectors.summary import summary
from kpr_stream.connectors.watch import HeldUnit
from kpr_stream.model.refusals import refusal_causes
from kpr_stream.model.topics import receipt_topic
from kpr_stream.model.words import Cause, Resend, System
from tests.support.deliveries import consultation, source_record
from tests.support.receiver import Receiver
from tests.unit.connectors.outboxes import UNIT, answer_to, keep, opened, take, with_open_unit

SYSTEM = System.VISMA_HSPRO


def refused(version: int, **fields: Any) -> dict[str, Any]:
    """The receiver's own receipt of a refused delivery."""
    receiver = Receiver()
    systems = frozenset({SYSTEM} if version == 2 else ())
    receiver.emitter = replace(receiver.emitter, receipt_v2_systems=systems)
    receiver.take(source_record([consultation()], **fields))
    return receiver.read(receipt_topic(SYSTEM), "receipt")[-1]


def test_version_2_gives_the_cause_and_its_texts() -> None:
    found = refusal_text(refused(2, content_digest=b"short"))
    assert found is not None
    row = refusal_causes()[Cause.DIGEST_NOT_32_BYTES]
    assert (found.cause, found.text_no, found.action_en) == (
        Cause.DIGEST_NOT_32_BYTES,
        row.no,
        row.action_en,
    )


@pytest.mark.parametrize(
    ("fields", "cause"),
    [({"encrypted": False}, Cause.CLEAR_PAYLOAD), ({"content_digest": b"short"}, None)],
)
def test_version_1_gives_a_cause_where_its_code_has_one(
    fields: dict[str, Any], cause: Cause | None
) -> None:
    found = refusal_text(refused(1, **fields))
    assert (found and found.cause) == cause


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    found = opened(tmp_path)
    with_open_unit(found)
    keep(found, "f", range(1, 3))
    yield found
    found.close()


def test_the_unit_keeps_it_until_it_is_released(outbox: Outbox, tmp_path: Path) -> None:
    first, _ = take(outbox)
    receipt = refused(2, content_digest=b"short") | {
        key: value
        for key, value in answer_to(first, "refused", reason="UNDECODABLE").items()
        if key in {"org_nr", "delivery_id", "sequence", "attempt", "status", "reason"}
    }
    assert apply_receipts(outbox, [receipt], {}) == 1
    outbox.close()
    again = opened(tmp_path)
    (row,) = again.unit_rows()
    held = HeldUnit(UNIT, 1, row["reason"], row["refusal"])
    assert held.cause == "UNDECODABLE, DIGEST_NOT_32_BYTES"
    assert [text.split(".")[0] for text in held.texts] == [
        "`content_digest` is not 32 bytes",
        "`content_digest` er ikke 32 byte",
    ]
    assert f"--make-anew {UNIT}" in held.what_to_do
    (shown,) = summary(again, SYSTEM, seconds=1)["refused"]
    assert shown["refusal"]["resend"] == Resend.CORRECTED
    assert again.release(UNIT)
    assert [row["refusal"] for row in again.unit_rows()] == [None]
    again.close()


def test_a_fault_of_the_receiver_needs_the_same_delivery_again() -> None:
    receipt = {"reason": "RECEIVER_FAILED", "cause_text": None}
    held = HeldUnit(UNIT, 1, "RECEIVER_FAILED", refusal_text(receipt))
    assert held.cause == "RECEIVER_FAILED"
    assert f"--release {UNIT}" in held.what_to_do


def test_the_item_at_fault_is_named() -> None:
    large = consultation() | {"department_id": "x" * 1_000_000}
    receiver = Receiver()
    receiver.emitter = replace(receiver.emitter, receipt_v2_systems=frozenset({SYSTEM}))
    receiver.take(source_record([consultation(0), large]))
    receipt = receiver.read(receipt_topic(SYSTEM), "receipt")[-1]
    held = HeldUnit(UNIT, 1, receipt["reason"], refusal_text(receipt))
    assert held.cause == "TOO_LARGE, ITEM_TOO_LARGE, item 1 of the delivery"
