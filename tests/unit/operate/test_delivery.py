"""What became of a delivery, from its receipts, its items in quarantine and its unit."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kpr_stream.model.unit import UnitState
from kpr_stream.model.words import Refusal, System
from kpr_stream.operate.delivery import delivery_report, is_about
from kpr_stream.operate.summary import describe_delivery, explain_refusal
from kpr_stream.schemas.wire import encode

DELIVERY = "5f7a3c9e-0000-4000-8000-00000000000a"
AT = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)
NO_COUNTS = dict.fromkeys(
    ("accepted", "corrected", "deleted", "duplicate", "superseded", "stale", "rejected"), 0
)


def receipt(**changes: Any) -> dict[str, Any]:
    return {
        "delivery_id": DELIVERY,
        "attempt": 1,
        "org_nr": "974760673",
        "system": "eg-infodoc",
        "message_type": "consultation",
        "sequence": 5,
        "status": "processed",
        "reason": None,
        "cause": None,
        "expected_sequence": 6,
        "item_count": 0,
        "counts": NO_COUNTS,
        "items": [],
        "texts": [],
        "part": 1,
        "parts": 1,
        "source_partition": 2,
        "source_offset": 17,
        "received_at": AT,
        "rule_set_version": "3",
    } | changes


TEXT = {"rule": "START_MISSING", "severity": "reject", "items": 3, "text_en": "No start."}
REFUSED = receipt(
    status="refused", reason="DIGEST_MISMATCH", cause="DIGEST_MISMATCH", expected_sequence=5
)
PROCESSED = receipt(
    attempt=2,
    item_count=4,
    counts=NO_COUNTS | {"accepted": 1, "rejected": 3},
    items=[{"index": 0, "local_id": "local-7", "outcome": "rejected", "findings": []}],
    texts=[TEXT],
    parts=2,
    source_offset=18,
    received_at=AT.replace(hour=5),
)
SECOND_PART = PROCESSED | {"part": 2, "texts": []}
FIRST = "  2026-03-04T04:00:00Z attempt 1 (lane 2, offset 17)"
SECOND = "  2026-03-04T05:00:00Z attempt 2 (lane 2, offset 18)"
STATE = UnitState(org_nr="974760673", system=System.EG_INFODOC, next_sequence=6).to_record()


def quarantined(state: str, **changes: Any) -> dict[str, Any]:
    about = {"org_nr": "974760673", "system": "eg-infodoc", "sequence": 5, "state": state}
    return about | changes


def test_every_attempt_is_told_in_order_with_its_parts_counted() -> None:
    report = delivery_report([SECOND_PART, PROCESSED, REFUSED], [], [STATE])
    answers = [(one["attempt"], one["status"], one["parts_found"]) for one in report["answers"]]
    assert answers == [(1, "refused", 1), (2, "processed", 2)]


def test_items_in_quarantine_are_those_of_its_unit_and_sequence() -> None:
    others = [quarantined("open", sequence=6), quarantined("open", system="visma-hspro")]
    mine = [quarantined("open"), quarantined("open"), quarantined("discarded")]
    report = delivery_report([PROCESSED, SECOND_PART], [*others, *mine], [STATE])
    assert report["quarantine"] == {"discarded": 1, "open": 2}


def test_it_is_described_without_a_local_id() -> None:
    report = delivery_report([REFUSED, PROCESSED, SECOND_PART], [quarantined("open")], [STATE])
    assert describe_delivery(report) == [
        f"Delivery {DELIVERY}: 974760673 eg-infodoc, consultation, sequence 5",
        f"{FIRST}: refused DIGEST_MISMATCH, sequence 5 is expected",
        f"{SECOND}: processed, 4 items: 1 accepted, 3 rejected",
        "    START_MISSING (reject), 3 items: No start.",
        *explain_refusal("DIGEST_MISMATCH"),
        "  in quarantine: 1 open",
        "  the unit now expects sequence 6 and is not blocked",
    ]
    assert "local-7" not in str(report)


def test_a_receipt_with_missing_parts_and_a_blocked_unit_are_told() -> None:
    blocked = STATE | {"blocked_since": AT, "blocked_reason": "DIGEST_MISMATCH"}
    *_, answer, unit = describe_delivery(
        delivery_report([PROCESSED | {"texts": []}], [], [blocked])
    )
    assert answer.endswith("; 1 of 2 parts found")
    assert unit == (
        "  the unit now expects sequence 6 and is blocked since 2026-03-04T04:00:00Z: "
        "DIGEST_MISMATCH"
    )


def test_a_receipt_is_found_by_its_bytes_in_either_case() -> None:
    assert is_about(encode("receipt", receipt()), DELIVERY)
    assert is_about(encode("receipt", receipt(delivery_id=DELIVERY.upper())), DELIVERY)
    assert not is_about(encode("receipt", receipt(delivery_id=DELIVERY[:-1] + "b")), DELIVERY)


def test_a_refusal_is_explained_by_its_cause_and_by_its_reason() -> None:
    (line,) = explain_refusal("COUNT_MISMATCH")
    assert line == (
        "    COUNT_MISMATCH: `item_count` is not the number of items in the payload. "
        "By vendor: Count the items that were written."
    )
    of_reason = explain_refusal("UNDECODABLE")
    assert len(of_reason) > 3
    assert set(explain_refusal("ITEM_COUNT_NEGATIVE")) < set(of_reason)
    assert explain_refusal("NO_CODE_OF_THIS_RELEASE") == []


def test_every_reason_has_an_explanation() -> None:
    assert all(explain_refusal(reason) for reason in Refusal)
