"""Finds what became of a delivery: its receipts, its items in quarantine, its unit now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from kpr_stream.kafka.access import kafka_access
from kpr_stream.kafka.limits import IN_FRONT
from kpr_stream.kafka.read_topic import read_all
from kpr_stream.model.topics import PARTITIONS, QUARANTINE_STATE, RECEIPT_TOPICS, UNIT, Role
from kpr_stream.operate.newest import newest
from kpr_stream.schemas import wire
from kpr_stream.settings import Settings

_ID_WITHIN: Final = 64
"""A receipt begins with the id of its delivery: nothing behind is searched before decoding."""
_OF_ANSWER: Final = (
    "attempt",
    "status",
    "reason",
    "cause",
    "expected_sequence",
    "item_count",
    "counts",
    "parts",
    "source_partition",
    "source_offset",
    "received_at",
    "rule_set_version",
)
_OF_TEXT: Final = ("rule", "severity", "items", "text_en")
_OF_UNIT: Final = ("next_sequence", "blocked_since", "blocked_reason")


async def find_delivery(
    settings: Settings, delivery_id: str, *, since_ms: int
) -> dict[str, Any] | None:
    """Return what became of a delivery that the broker received since a time (ms since 1970).

    None if no receipt names it.
    """
    access = kafka_access(settings, Role.OPERATOR)
    topics = dict.fromkeys(RECEIPT_TOPICS, PARTITIONS)
    receipts = [
        wire.decode("receipt", one.value)
        async for one in read_all(access, topics, limits=IN_FRONT, since_ms=since_ms)
        if one.value is not None and is_about(one.value, delivery_id)
    ]
    if not receipts:
        return None
    items = await newest(access, QUARANTINE_STATE, "quarantine_state")
    return delivery_report(receipts, items, await newest(access, UNIT, "unit_state"))


def is_about(receipt: bytes, delivery_id: str) -> bool:
    """Return whether the record of a receipt is about a delivery, without decoding it."""
    return delivery_id.encode() in receipt[:_ID_WITHIN].lower()


def delivery_report(
    receipts: Iterable[Mapping[str, Any]],
    items: Iterable[Mapping[str, Any]],
    states: Iterable[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return what receipts of one delivery, quarantined items and unit states say of it.

    No item is named: a local id is the sender's, and receipts have it.
    """
    ordered = sorted(receipts, key=lambda one: (one["received_at"], one["part"]))
    first = ordered[0]
    unit = first["org_nr"], first["system"]
    parts = Counter(map(_answer_id, ordered))
    answers = {_answer_id(one): one for one in reversed(ordered)}
    quarantine = Counter(
        item["state"]
        for item in items
        if (item["org_nr"], item["system"]) == unit and item["sequence"] == first["sequence"]
    )
    now = next((one for one in states if (one["org_nr"], one["system"]) == unit), None)
    return {
        **{
            name: first[name]
            for name in ("delivery_id", "org_nr", "system", "message_type", "sequence")
        },
        "answers": [
            {name: one[name] for name in _OF_ANSWER}
            | {
                "parts_found": parts[_answer_id(one)],
                "findings": [{name: text[name] for name in _OF_TEXT} for text in one["texts"]],
            }
            for one in reversed(answers.values())
        ],
        "quarantine": dict(sorted(quarantine.items())),
        "unit": now and {name: now[name] for name in _OF_UNIT},
    }


def _answer_id(receipt: Mapping[str, Any]) -> tuple[Any, ...]:
    """Name the answer that parts belong to: a replay answers the same source again."""
    return receipt["source_partition"], receipt["source_offset"], receipt["status"]
