"""Building the answer to a delivery: one receipt, in parts where it would be too large."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.unit import NO_COUNTS, Counts, counts_by_word
from kpr_stream.model.words import Outcome, ReceiptStatus, System

PART_BYTES: Final = 900_000
"""Largest part: the receipt topic takes records up to 1 MB, and the broker would refuse more."""
PART_OVERHEAD_BYTES: Final = 150_000
"""Room for the envelope of a part and its texts, at most MAX_TEXTS of them."""
MAX_TEXTS: Final = 100

PointerOf = Callable[[str], str]
TextsOf = Callable[[Sequence[tuple[str, int]]], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class AnsweredItem:
    """An item that was not plainly accepted. ``local_id`` None where it must not be echoed."""

    index: int
    local_id: str | None
    outcome: Outcome
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """All that a receipt says. ``expected_sequence`` is 0 where the unit is unknown."""

    source: SourceRecord
    system: System
    org_nr: str
    status: ReceiptStatus
    expected_sequence: int
    rule_set_version: str
    delivery_id: str = ""
    attempt: int = 0
    message_type: str = ""
    sequence: int = 0
    reason: str | None = None
    counts: Counts = NO_COUNTS
    items: tuple[AnsweredItem, ...] = ()


def receipts(answer: Answer, *, pointer_of: PointerOf, texts_of: TextsOf) -> list[dict[str, Any]]:
    """The receipt as Avro records: one, or several parts of at most about 900 kB."""
    found = Counter(rule for item in answer.items for rule in item.findings)
    texts = texts_of(found.most_common(MAX_TEXTS)) if found else []
    divided = _divide(answer.items, pointer_of)
    return [
        {
            "delivery_id": answer.delivery_id,
            "attempt": answer.attempt,
            "org_nr": answer.org_nr,
            "system": answer.system.value,
            "message_type": answer.message_type,
            "sequence": answer.sequence,
            "status": answer.status.value,
            "reason": answer.reason,
            "expected_sequence": answer.expected_sequence,
            "item_count": sum(answer.counts),
            "counts": counts_by_word(answer.counts),
            "items": items,
            "texts": texts if part == 1 else [],
            "part": part,
            "parts": len(divided),
            "source_partition": answer.source.partition,
            "source_offset": answer.source.offset,
            "received_at": answer.source.received_at,
            "rule_set_version": answer.rule_set_version,
        }
        for part, items in enumerate(divided, start=1)
    ]


def _divide(items: Sequence[AnsweredItem], pointer_of: PointerOf) -> list[list[dict[str, Any]]]:
    parts: list[list[dict[str, Any]]] = [[]]
    room = PART_BYTES - PART_OVERHEAD_BYTES
    for item in items:
        record = {
            "index": item.index,
            "local_id": item.local_id,
            "outcome": item.outcome.value,
            "findings": [{"rule": r, "pointer": pointer_of(r)} for r in item.findings],
        }
        size = _encoded_bytes(record)
        if size > room:
            parts.append([])
            room = PART_BYTES - PART_OVERHEAD_BYTES
        parts[-1].append(record)
        room -= size
    return parts


def _encoded_bytes(record: dict[str, Any]) -> int:
    """At least as many bytes as Avro needs: strings in UTF-8, 10 for each number and length."""
    local_id = record["local_id"] or ""
    findings = sum(len(f["rule"]) + 4 * len(f["pointer"]) + 20 for f in record["findings"])
    return 40 + 4 * len(local_id) + len(record["outcome"]) + findings
