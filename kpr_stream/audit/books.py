"""The books of a register, kept from its topics alone: receipts, cleaned records, quarantine.

The conservation law: what was received is the sum of the seven outcomes, for every unit. The
books are kept by unit and system so that one unit's loss cannot hide behind another's double.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from kpr_stream.kafka.read_topic import Record
from kpr_stream.model import topics
from kpr_stream.model.header import HEADER_NAME, unpack
from kpr_stream.model.words import OUTCOMES, SYSTEMS, ReceiptStatus, RecordStatus
from kpr_stream.schemas import wire

RECEIPT_TOPICS = frozenset(topics.receipt_topic(system) for system in SYSTEMS)
CLEANED_TOPICS = {
    topics.CONSULTATION: ("consultation", "consultation_key"),
    topics.APPOINTMENT: ("appointment", "appointment_key"),
}
TOPICS_READ = dict.fromkeys(
    (*sorted(RECEIPT_TOPICS), *CLEANED_TOPICS, topics.QUARANTINE), topics.PARTITIONS
)

Unit = tuple[str, str]
"""System and org_nr."""


@dataclass(slots=True)
class Books:
    """What the topics say. Counts are since the topics began."""

    received: Counter[Unit] = field(default_factory=Counter)
    outcomes: dict[Unit, Counter[str]] = field(default_factory=dict)
    quarantined: Counter[Unit] = field(default_factory=Counter)
    statuses: dict[bytes, RecordStatus] = field(default_factory=dict)
    """The newest status of every cleaned key."""
    receipts: Counter[tuple[str, int, int]] = field(default_factory=Counter)
    """Receipts by source (system, partition, offset): each must be exactly one."""
    written: Counter[tuple[str, bytes, int, int, int]] = field(default_factory=Counter)
    """Cleaned records by (topic, key, extracted_at, sequence, revision): each exactly once."""

    def enter(self, record: Record) -> None:
        """Book one record; those of other topics are passed over."""
        if record.topic in RECEIPT_TOPICS and record.value is not None:
            self._receipt(record.value)
        elif record.topic in CLEANED_TOPICS:
            self._cleaned(record)
        elif record.topic == topics.QUARANTINE and record.value is not None:
            item = wire.decode("quarantined_item", record.value)
            self.quarantined[item["system"], item["org_nr"]] += 1

    def _receipt(self, value: bytes) -> None:
        receipt = wire.decode("receipt", value)
        if receipt["part"] != 1 or receipt["status"] == ReceiptStatus.REPLAYED:
            return  # what is judged again has been received before
        unit = receipt["system"], receipt["org_nr"]
        self.receipts[receipt["system"], receipt["source_partition"], receipt["source_offset"]] += 1
        if receipt["status"] == ReceiptStatus.PROCESSED:
            self.received[unit] += receipt["item_count"]
            self.outcomes.setdefault(unit, Counter()).update(receipt["counts"])

    def _cleaned(self, record: Record) -> None:
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
        """Cleaned records that are live."""
        return sum(status is RecordStatus.LIVE for status in self.statuses.values())

    @property
    def doubled(self) -> int:
        """Cleaned versions written more than once, and deliveries answered more than once."""
        return sum(n > 1 for n in self.written.values()) + sum(
            n > 1 for n in self.receipts.values()
        )


def outcomes_of(books: Books, units: Iterable[Unit]) -> dict[str, int]:
    """The seven outcomes of some units together."""
    total: Counter[str] = Counter()
    for unit in units:
        total.update(books.outcomes.get(unit, Counter()))
    return {outcome.value: total[outcome.value] for outcome in OUTCOMES}


def unbalanced(books: Books, sent: dict[Unit, int]) -> list[Unit]:
    """Units whose three accounts differ: sent by the sender, answered, found on the topics."""
    units = set(sent) | set(books.received) | set(books.quarantined)
    return sorted(
        unit
        for unit in units
        if not (
            sent.get(unit, 0) == books.received[unit] == sum(outcomes_of(books, [unit]).values())
        )
        or books.quarantined[unit] != outcomes_of(books, [unit])["rejected"]
    )


def subtract(after: Books, before: Books) -> Books:
    """The books of what happened between two readings. Statuses stay those of the end."""
    return Books(
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
