"""The receipt of a delivery: one record, or several parts if it would be too large. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from kpr_stream.model import topics
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.delivery_facts import DeliveryFacts
from kpr_stream.model.header import LedgerHeader
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.refusals import envelope_notes, refusal_causes
from kpr_stream.model.unit import NO_COUNTS, Counts, counts_by_word
from kpr_stream.model.words import Cause, Note, Outcome, ReceiptStatus, System
from kpr_stream.processor.emit.emitter import Emitter, PointerOf, TextsOf
from kpr_stream.schemas import wire
from kpr_stream.schemas.catalogue import schema

PART_BYTES: Final = 900_000
"""Largest part: the receipt topic takes records up to 1 MB, and the broker would refuse more."""
PART_OVERHEAD_BYTES: Final = 150_000
"""Room for the envelope of a part and its texts, at most MAX_TEXTS of them."""
MAX_TEXTS: Final = 100


@dataclass(frozen=True, slots=True)
class AnsweredItem:
    """One item that the receipt lists: every item but those accepted without a finding.

    ``local_id`` is None where the receipt must not repeat it.
    """

    index: int
    local_id: str | None
    outcome: Outcome
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptDraft:
    """The content of a receipt. ``expected_sequence`` is 0 where the unit is unknown."""

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
    cause: Cause | None = None
    """Why the delivery is refused, if it is."""
    refused_item: int | None = None
    unit_blocked: bool = False
    notes: tuple[Note, ...] = ()
    counts: Counts = NO_COUNTS
    items: tuple[AnsweredItem, ...] = ()
    facts: DeliveryFacts | None = None
    """What the receiver's own readers need of the envelope, if it was readable."""


def receipt_records(
    emitter: Emitter, draft: ReceiptDraft, *, caused_by: SourceRecord | None = None
) -> list[OutputRecord]:
    """Return the receipt, in one part or several.

    ``caused_by`` is the record that causes it, if that is not the source that the receipt names.
    """
    version = 2 if draft.system in emitter.receipt_v2_systems else 1
    added = _added_by_version_2(draft) if version == 2 else {}
    header = LedgerHeader.caused_by(caused_by or draft.source)
    more = () if draft.facts is None else (draft.facts.header(),)
    return [
        OutputRecord(
            topics.receipt_topic(draft.system),
            draft.org_nr.encode(),
            wire.encode_with(schema("receipt", version), part | added),
            header,
            draft.source.received_at,
            more,
        )
        for part in parts_of(draft, pointer_of=emitter.pointer_of, texts_of=emitter.texts_of)
    ]


def _added_by_version_2(draft: ReceiptDraft) -> dict[str, Any]:
    known = None if draft.cause is None else refusal_causes()[draft.cause]
    return {
        "cause": draft.cause,
        "refused_item": draft.refused_item,
        "cause_text": None if known is None else known.texts,
        "resend": None if known is None else known.resend.value,
        "unit_blocked": draft.unit_blocked,
        "notes": [{"note": note.value, **envelope_notes()[note].texts} for note in draft.notes],
    }


def parts_of(
    draft: ReceiptDraft, *, pointer_of: PointerOf, texts_of: TextsOf
) -> list[dict[str, Any]]:
    """Return the receipt as records of version 1, of at most about 900 kB each."""
    found = Counter(rule for item in draft.items for rule in item.findings)
    texts = texts_of(found.most_common(MAX_TEXTS)) if found else []
    divided = _divide(draft.items, pointer_of)
    return [
        {
            "delivery_id": draft.delivery_id,
            "attempt": draft.attempt,
            "org_nr": draft.org_nr,
            "system": draft.system.value,
            "message_type": draft.message_type,
            "sequence": draft.sequence,
            "status": draft.status.value,
            "reason": None if draft.cause is None else refusal_causes()[draft.cause].reason.value,
            "expected_sequence": draft.expected_sequence,
            "item_count": sum(draft.counts),
            "counts": counts_by_word(draft.counts),
            "items": items,
            "texts": texts if part == 1 else [],
            "part": part,
            "parts": len(divided),
            "source_partition": draft.source.partition,
            "source_offset": draft.source.offset,
            "received_at": draft.source.received_at,
            "rule_set_version": draft.rule_set_version,
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
    """Return no fewer bytes than Avro needs: strings in UTF-8, 10 for each number and length."""
    local_id = record["local_id"] or ""
    findings = sum(len(f["rule"]) + 4 * len(f["pointer"]) + 20 for f in record["findings"])
    return 40 + 4 * len(local_id) + len(record["outcome"]) + findings
