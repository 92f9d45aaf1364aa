"""Make records of the output topics, for tests of their readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from kpr_stream.model.header import HEADER_NAME, LedgerHeader
from kpr_stream.schemas import wire

_ENVELOPE = {
    "org_nr": "974767880",
    "system": "visma-hspro",
    "extracted_at": datetime(2026, 3, 1, 12, tzinfo=UTC),
    "sequence": 7,
    "received_at": datetime(2026, 3, 1, 13, tzinfo=UTC),
    "rule_set_version": "2026.1",
    "reference_version": "2026.1",
}


def headers(**more: Any) -> Sequence[tuple[str, bytes]]:
    """Return the headers of a record that the processor writes, with more of the ledger header."""
    return ((HEADER_NAME, LedgerHeader(source_topic=0, source_offset=0, **more).pack()),)


OURS = headers()


@dataclass(frozen=True)
class Incoming:
    """The parts of a Kafka record that a sink reads."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = OURS
    timestamp: int = 0


def key_of(number: int) -> UUID:
    """Return a key for a number."""
    return UUID(int=(0xA5 << 120) | number)


def consultation(number: int, *, status: str = "live", **more: Any) -> dict[str, Any]:
    """Make a consultation. Only a live one has content."""
    content: dict[str, Any] = {}
    if status == "live":
        content = {
            "person_key": key_of(1_000_000 + number).hex,
            "service": "HELSESTASJON_0_5",
            "date": date(2026, 2, 27),
            "weight_g": 4500,
            "practitioner_roles": ["HELSESYKEPLEIER"],
            "warnings": [],
        }
    key = {"consultation_key": key_of(number).hex, "status": status}
    return {**_ENVELOPE, **key, **content, **more}


def identity(number: int, **more: Any) -> dict[str, Any]:
    """Make a sealed identity."""
    return {
        "person_key": key_of(number).hex,
        "key_version": 1,
        "id_kind": "fnr",
        "sealed": {"key_id": "identity-1", "nonce": bytes(12), "ciphertext": b"\x00\xff,\n"},
        "links": [{"person_key": key_of(9).hex, "evidence": "same_item", "withdrawn": False}],
        **more,
    }


def identity_link(number: int, **more: Any) -> dict[str, Any]:
    """Make a link that is current, not withdrawn."""
    return {
        "link_key": key_of(number).hex,
        "person_key": key_of(1).hex,
        "other_key": key_of(2).hex,
        "evidence": "same_item",
        "evidence_key": key_of(3).hex,
        "withdrawn": False,
        "withdrawn_because": None,
        "org_nr": "974767880",
        "system": "visma-hspro",
        "changed_at": datetime(2026, 3, 1, 13, tzinfo=UTC),
        **more,
    }


def incoming(
    name: str, offset: int, record: dict[str, Any] | None, *, number: int, partition: int = 3
) -> Incoming:
    """Make a Kafka record; without a value it is an erasure."""
    value = None if record is None else wire.encode(name, record)
    return Incoming(partition, offset, key_of(number).bytes, value)
