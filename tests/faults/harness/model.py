"""Derive what a correct receiver answers and writes, from the log of sent deliveries alone.

The model follows the contract (docs/vendor/receipts.md, docs/flow) and uses no code of the
processor. It is written to be read, not to be fast.
"""

from __future__ import annotations

import hmac
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.faults.harness.sent_log import SentDelivery, SentItem

OUTCOMES: Final = (
    "accepted",
    "corrected",
    "deleted",
    "duplicate",
    "superseded",
    "stale",
    "rejected",
)
RECENT_DELIVERIES: Final = 64
"""Deliveries that a unit's state remembers. A repeat of an older one is too old."""
DeliveryPosition = tuple[str, int, int]
"""System, partition and offset of a delivery."""
Version = tuple[int, int]
"""Extraction time and sequence."""


@dataclass(frozen=True, slots=True)
class ExpectedReceipt:
    """What a receipt must say."""

    status: str
    counts: Mapping[str, int]
    expected_sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedRecord:
    """A cleaned record that must be on its topic, exactly once."""

    topic: str
    key: str
    version: Version
    status: str
    witness: int | None
    unit: tuple[str, str]


@dataclass(slots=True)
class Expected:
    """Everything that must be on the topics."""

    receipts: dict[DeliveryPosition, ExpectedReceipt] = field(default_factory=dict)
    records: list[ExpectedRecord] = field(default_factory=list)
    quarantined: set[tuple[DeliveryPosition, int]] = field(default_factory=set)
    next_sequences: dict[tuple[str, str], int] = field(default_factory=dict)
    totals: dict[tuple[str, str], dict[str, int | list[int]]] = field(default_factory=dict)
    """Exact totals of each unit's state."""


@dataclass(slots=True)
class _Entry:
    deleted: bool
    version: Version
    content: str


@dataclass(slots=True)
class _Unit:
    next_sequence: int = 1
    done: dict[int, tuple[str, Mapping[str, int]]] = field(default_factory=dict)
    entries: dict[str, _Entry] = field(default_factory=dict)
    touched: bool = False
    refused: int = 0

    def totals(self) -> dict[str, int | list[int]]:
        """Return the totals of the unit's state."""
        counts = [one for _, one in self.done.values()]
        return {
            "counted_from": 1,
            "processed": len(counts),
            "empty": sum(not any(one.values()) for one in counts),
            "refused": self.refused,
            "items": [sum(one[outcome] for one in counts) for outcome in OUTCOMES],
        }


def expected_results(sent: Iterable[SentDelivery], secret: bytes) -> Expected:
    """Derive the expected results in the order of the log. ``secret`` makes consultation keys."""
    found = Expected()
    units: dict[tuple[str, str], _Unit] = defaultdict(_Unit)
    for one in sorted(sent, key=lambda s: (s.system, s.partition, s.offset)):
        unit = units[one.system, one.org_nr]
        place = (one.system, one.partition, one.offset)
        found.receipts[place] = _answer(one, unit, found, place, secret)
    found.next_sequences = {name: u.next_sequence for name, u in units.items() if u.touched}
    found.totals = {name: u.totals() for name, u in units.items() if u.touched}
    return found


def key_of(secret: bytes, message_type: str, org_nr: str, system: str, local_id: str) -> str:
    """Return the first 16 bytes of an HMAC-SHA256 of type, unit, system and local id, in hex."""
    text = f"{message_type}|{org_nr}|{system}|{local_id}"
    return hmac.new(secret, text.encode(), "sha256").digest()[:16].hex()


def _answer(  # noqa: PLR0911 - one return for each rule reads best
    one: SentDelivery, unit: _Unit, found: Expected, place: DeliveryPosition, secret: bytes
) -> ExpectedReceipt:
    nothing = dict.fromkeys(OUTCOMES, 0)
    if one.message_type == "hello":
        return ExpectedReceipt("hello", nothing, unit.next_sequence)
    if one.sequence > unit.next_sequence:
        return ExpectedReceipt("out_of_order", nothing, unit.next_sequence)
    if one.sequence < unit.next_sequence:
        if one.sequence < unit.next_sequence - RECENT_DELIVERIES:
            return ExpectedReceipt("too_old", nothing, unit.next_sequence)
        digest, counts = unit.done[one.sequence]
        if digest != one.digest:
            return ExpectedReceipt("sequence_reused", nothing, unit.next_sequence)
        return ExpectedReceipt("repeated", counts, unit.next_sequence)
    unit.touched = True
    if not one.opens:
        unit.refused += 1
        return ExpectedReceipt("refused", nothing, unit.next_sequence)
    counts = _items(one, unit, found, place, secret)
    unit.next_sequence += 1
    unit.done[one.sequence] = (one.digest, counts)
    return ExpectedReceipt("processed", counts, unit.next_sequence)


def _items(
    one: SentDelivery, unit: _Unit, found: Expected, place: DeliveryPosition, secret: bytes
) -> Mapping[str, int]:
    counts = dict.fromkeys(OUTCOMES, 0)
    version = (one.extracted_at, one.sequence)
    written: dict[str, SentItem] = {}
    keys = {
        item.local_id: key_of(secret, one.message_type, one.org_nr, one.system, item.local_id)
        for item in one.items
    }
    before = {key: unit.entries.get(key) for key in keys.values()}
    deletes = [(n, i) for n, i in enumerate(one.items) if i.operation == "delete"]
    others = [(n, i) for n, i in enumerate(one.items) if i.operation != "delete"]
    for number, item in deletes + others:
        key = keys[item.local_id]
        outcome = _outcome(item, unit.entries.get(key), version)
        counts[outcome] += 1
        if outcome == "rejected":
            found.quarantined.add((place, number))
        if outcome in {"accepted", "corrected", "deleted"}:
            unit.entries[key] = _Entry(outcome == "deleted", version, item.content)
            written[key] = item
    for key, item in written.items():
        old, new = before[key], unit.entries[key]
        if old is not None and _visible(old) == _visible(new):
            # Deleted and reported again unchanged: nothing to write, and the version stays.
            unit.entries[key] = old
            continue
        record = ExpectedRecord(
            topic=f"kpr.hst.{one.message_type}",
            key=key,
            version=version,
            status="deleted" if new.deleted else "live",
            witness=None if new.deleted else item.witness,
            unit=(one.system, one.org_nr),
        )
        found.records.append(record)
    return counts


def _visible(entry: _Entry) -> tuple[bool, str]:
    return entry.deleted, "" if entry.deleted else entry.content


def _outcome(  # noqa: PLR0911 - one return for each rule reads best
    item: SentItem, known: _Entry | None, version: Version
) -> str:
    if item.rejected:
        return "rejected"
    if item.operation == "keep":
        return "duplicate"
    if known is None:
        return "deleted" if item.operation == "delete" else "accepted"
    if item.operation == "delete" and known.deleted:
        return "duplicate"
    if item.operation == "upsert" and not known.deleted and known.content == item.content:
        return "duplicate"
    if version < known.version:
        return "stale"
    if item.operation == "delete":
        return "deleted"
    return "accepted" if known.deleted else "corrected"
