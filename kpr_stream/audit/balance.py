"""Count what the topics of a register hold, and check that it balances.

Receipts, cleaned records and quarantined items are counted from the topics alone. Conservation:
for every unit, the items received are the sum of the seven outcomes. Counts are kept by unit and
system, so that a loss in one unit cannot hide behind a double in another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from kpr_stream.kafka.read_topic import TopicRecord
from kpr_stream.model import topics
from kpr_stream.model.header import HEADER_NAME, unpack
from kpr_stream.model.words import OUTCOMES, ReceiptStatus, RecordStatus
from kpr_stream.schemas import wire

CLEANED_TOPICS = {
    topics.CONSULTATION: ("consultation", "consultation_key"),
    topics.APPOINTMENT: ("appointment", "appointment_key"),
}
TOPICS_READ = dict.fromkeys(
    (*topics.RECEIPT_TOPICS, *CLEANED_TOPICS, topics.QUARANTINE), topics.PARTITIONS
)

Unit = tuple[str, str]
"""System and org_nr."""
_LISTS = ("items", "texts")
"""What a receipt says of single items: most of its bytes, and nothing that is counted here."""


def first_part(value: bytes) -> dict[str, Any] | None:
    """Return the first part of a delivery's receipt, without its lists.

    None for a later part, and for the receipt of a replay: its item was counted when it was
    received.
    """
    receipt = wire.decode("receipt", value, unread=_LISTS)
    again = receipt["status"] == ReceiptStatus.REPLAYED
    return None if again or receipt["part"] != 1 else receipt


@dataclass(slots=True, kw_only=True)
class Balance:
    """The counts of the topics, since the topics were made."""

    received: Counter[Unit] = field(default_factory=Counter)
    outcomes: dict[Unit, Counter[str]] = field(default_factory=dict)
    quarantined: Counter[Unit] = field(default_factory=Counter)
    statuses: dict[bytes, RecordStatus] = field(default_factory=dict)
    """The newest status of every cleaned key."""
    receipts: Counter[tuple[str, int, int]] = field(default_factory=Counter)
    """Receipts by source (system, partition, offset). Each count must be 1."""
    written: Counter[tuple[str, bytes, int, int, int]] = field(default_factory=Counter)
    """Cleaned records by (topic, key, extracted_at, sequence, revision). Each count must be 1."""

    def add(self, record: TopicRecord) -> None:
        """Count one record; those of other topics are ignored."""
        if record.topic in topics.RECEIPT_TOPICS and record.value is not None:
            self._receipt(record.value)
        elif record.topic in CLEANED_TOPICS:
            self._cleaned(record)
        elif record.topic == topics.QUARANTINE and record.value is not None:
            item = wire.decode("quarantined_item", record.value)
            self.quarantined[item["system"], item["org_nr"]] += 1

    def _receipt(self, value: bytes) -> None:
        receipt = first_part(value)
        if receipt is None:
            return
        unit = receipt["system"], receipt["org_nr"]
        self.receipts[receipt["system"], receipt["source_partition"], receipt["source_offset"]] += 1
        if receipt["status"] == ReceiptStatus.PROCESSED:
            self.received[unit] += receipt["item_count"]
            self.outcomes.setdefault(unit, Counter()).update(receipt["counts"])

    def _cleaned(self, record: TopicRecord) -> None:
        key = record.key or b""
        header = unpack(dict(record.headers)[HEADER_NAME])
        version = header.extracted_at, header.sequence, header.revision
        self.written[record.topic, key, *version] += 1
        if record.value is None:
            self.statuses.pop(key, None)
            return
        name, _ = CLEANED_TOPICS[record.topic]
        self.statuses[key] = RecordStatus(wire.decode(name, record.value)["status"])

    @property
    def live(self) -> int:
        """Return how many cleaned records are live."""
        return sum(status is RecordStatus.LIVE for status in self.statuses.values())

    @property
    def doubled(self) -> int:
        """Return how many versions were written, or deliveries answered, more than once."""
        return sum(n > 1 for n in self.written.values()) + sum(
            n > 1 for n in self.receipts.values()
        )


def outcomes_of(balance: Balance, units: Iterable[Unit]) -> dict[str, int]:
    """Return the seven outcomes of some units together."""
    total: Counter[str] = Counter()
    for unit in units:
        total.update(balance.outcomes.get(unit, Counter()))
    return {outcome.value: total[outcome.value] for outcome in OUTCOMES}


def unbalanced(balance: Balance, sent: dict[Unit, int]) -> list[Unit]:
    """Return the units whose counts differ: items sent, received, by outcome, in quarantine."""
    units = set(sent) | set(balance.received) | set(balance.quarantined)
    return sorted(
        unit
        for unit in units
        if not (
            sent.get(unit, 0)
            == balance.received[unit]
            == sum(outcomes_of(balance, [unit]).values())
        )
        or balance.quarantined[unit] != outcomes_of(balance, [unit])["rejected"]
    )


def subtract(after: Balance, before: Balance) -> Balance:
    """Return the counts between two readings. Statuses are those of the later one."""
    return Balance(
        received=after.received - before.received,
        outcomes={
            unit: counts - before.outcomes.get(unit, Counter())
            for unit, counts in after.outcomes.items()
        },
        quarantined=after.quarantined - before.quarantined,
        statuses=after.statuses,
        receipts=after.receipts - before.receipts,
        written=after.written - before.written,
    )
