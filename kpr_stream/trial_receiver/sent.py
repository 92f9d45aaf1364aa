"""What a sender wrote and what it was answered, as plain values. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from kpr_stream.model.delivery import Envelope
from kpr_stream.model.utc_time import utc_time
from kpr_stream.model.words import MessageType, System


class Fate(StrEnum):
    """What became of an answer."""

    PENDING = "not yet answered"
    SENT = "sent"
    DOUBLED = "sent twice"
    LOST = "lost"
    PART_LOST = "its last part lost"
    HELD = "held back"
    NOT_SEEN = "the delivery was not seen"


@dataclass(slots=True, kw_only=True)
class SentRecord:
    """One record of a delivery topic, in the order in which all records were read."""

    number: int
    """From 1, of all records of this run."""
    system: System
    """Whose topic it lies on."""
    partition: int
    offset: int
    at_ms: int
    """Broker time."""
    key: bytes | None
    value: bytes = field(repr=False)
    headers: tuple[tuple[str, bytes], ...] = ()
    envelope: Envelope | None
    """None if it cannot be read."""
    clear: bytes | None = field(default=None, repr=False)
    """The payload before encryption; None if it does not decrypt."""
    receipts: tuple[dict[str, Any], ...] = field(default=(), repr=False)
    """The parts of its receipt, decoded."""
    fate: Fate = Fate.PENDING
    answered_before: int | None = None
    """The number of the next record when its answer was written; None if it was not."""
    ours: bool = False
    """Whether the trial receiver wrote it itself, as another sender."""

    @property
    def org_nr(self) -> str:
        """Return its unit; empty if that cannot be read."""
        return "" if self.envelope is None else self.envelope.org_nr

    @property
    def sequence(self) -> int:
        """Return its sequence; 0 of a hello, -1 if it cannot be read."""
        return -1 if self.envelope is None else self.envelope.sequence

    @property
    def is_hello(self) -> bool:
        """Return whether it asks where to resume."""
        return self.envelope is not None and self.envelope.message_type == MessageType.HELLO

    @property
    def status(self) -> str:
        """Return the status of its receipt; empty if it has none."""
        return str(self.receipts[0]["status"]) if self.receipts else ""

    @property
    def reason(self) -> str | None:
        """Return why it was refused."""
        return self.receipts[0]["reason"] if self.receipts else None


def for_page(sent: SentRecord) -> dict[str, Any]:
    """Return a record as the page and its JSON show it: envelope and receipt, no item."""
    envelope, first = sent.envelope, sent.receipts[0] if sent.receipts else None
    return {
        "number": sent.number,
        "at": utc_time(datetime.fromtimestamp(sent.at_ms / 1000, UTC)),
        "topic_of": sent.system.value,
        "partition": sent.partition,
        "offset": sent.offset,
        "bytes": len(sent.value),
        "envelope": None
        if envelope is None
        else {
            "org_nr": envelope.org_nr,
            "message_type": envelope.message_type,
            "sequence": envelope.sequence,
            "attempt": envelope.attempt,
            "delivery_id": envelope.delivery_id,
            "software_version": envelope.software_version,
            "contract_version": envelope.contract_version,
            "items": envelope.item_count,
            "key_id": envelope.encryption.key_id if envelope.encryption else None,
        },
        "answer": None
        if first is None
        else {
            "status": first["status"],
            "reason": first["reason"],
            "cause": first.get("cause"),
            "action": (first.get("cause_text") or {}).get("action_en"),
            "expected_sequence": first["expected_sequence"],
            "parts": len(sent.receipts),
            "counts": {word: n for word, n in first["counts"].items() if n},
            "items": [
                {"index": item["index"], "outcome": item["outcome"], "findings": item["findings"]}
                for part in sent.receipts[:1]
                for item in part["items"][:20]
            ],
        },
        "fate": sent.fate.value,
    }
