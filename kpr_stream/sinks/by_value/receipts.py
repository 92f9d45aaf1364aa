"""The rows of a receipt: one of its delivery, and its findings counted. Pure.

No local id of an item or a person is stored. Findings are counted by rule and field.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from kpr_stream.model.delivery import is_delivery_id
from kpr_stream.model.delivery_facts import facts_in, written_at_in
from kpr_stream.model.topics import receipt_topic
from kpr_stream.model.words import SYSTEMS
from kpr_stream.schemas import wire
from kpr_stream.sinks.by_value.tables import Row, ValueTable, ValueTopic
from kpr_stream.sinks.latest import SinkRecord

DELIVERY: Final = ValueTable(
    name="delivery",
    unique=("system", "source_partition", "source_offset", "received_at"),
    mirror=False,
)
"""One row a receipt, by its first part. The place of a receipt is unique within one topic; the
time of the delivery differs where a topic was made again."""
FINDING: Final = ValueTable(
    name="delivery_finding",
    unique=(*DELIVERY.unique, "rule", "pointer"),
    mirror=False,
)

_COPIED: Final = (
    *("system", "org_nr", "message_type", "sequence", "attempt", "status", "reason", "cause"),
    *("resend", "unit_blocked", "expected_sequence", "item_count", "parts", "received_at"),
    "rule_set_version",
)
_WHOSE: Final = ("system", "org_nr", "received_at", "part")


def receipt_topics() -> tuple[ValueTopic, ...]:
    """Return the receipts of every system."""
    return tuple(
        ValueTopic(
            topic=receipt_topic(system),
            tables=(DELIVERY, FINDING),
            rows_of=rows_of,
            own={"system": system.value},
        )
        for system in SYSTEMS
    )


def rows_of(record: SinkRecord) -> Mapping[str, Sequence[Row]]:
    """Return the rows of a receipt: a delivery from its first part, findings from every part."""
    receipt = wire.decode("receipt", record.value or b"")
    place = {
        "delivery_partition": receipt["source_partition"],
        "delivery_offset": receipt["source_offset"],
    }
    findings = [
        {name: receipt[name] for name in _WHOSE} | place | finding for finding in _findings(receipt)
    ]
    found: dict[str, Sequence[Row]] = {FINDING.name: findings}
    if receipt["part"] == 1:
        found[DELIVERY.name] = [_delivery(receipt, record) | place]
    return found


def _delivery(receipt: Mapping[str, Any], record: SinkRecord) -> dict[str, Any]:
    facts = facts_in(record.headers)
    written = written_at_in(record.headers)
    row = {name: receipt.get(name) for name in _COPIED}
    row |= {f"{outcome}_items": number for outcome, number in receipt["counts"].items()}
    row |= {
        "delivery_id": receipt["delivery_id"] if is_delivery_id(receipt["delivery_id"]) else None,
        "notes": [note["note"] for note in receipt.get("notes", ())],
        "processed_at": _time(written),
    }
    if facts is not None:
        row |= {
            "municipality_code": facts.municipality_code,
            "district_code": facts.district_code,
            "software_version": facts.software_version or None,
            "contract_version": facts.contract_version,
            "period_from": facts.period_from,
            "period_to": facts.period_to,
            "extracted_at": _time(facts.extracted_at),
        }
    return row


def _findings(receipt: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    severity = {text["rule"]: text["severity"] for text in receipt["texts"]}
    counted = Counter(
        (finding["rule"], without_index(finding["pointer"]))
        for item in receipt["items"]
        for finding in item["findings"]
    )
    for (rule, pointer), items in counted.items():
        yield {
            "rule": rule,
            "severity": severity.get(rule),
            "pointer": pointer,
            "items": items,
        }


def without_index(pointer: str) -> str:
    """Return a JSON pointer with ``*`` for every place in a list."""
    return "/".join("*" if part.isdigit() else part for part in pointer.split("/"))


def _time(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        return None  # a refused delivery may claim any time
