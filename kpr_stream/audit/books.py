"""Compare three sources for every delivery that was processed. Pure.

    deliveries   the offsets of a delivery topic below the one that the workers have committed.
                 Only Kafka numbers them, without gaps: systems may not write in transactions
    receipts     the receipt's first part, by the source that its content names: exactly one
    causes       the ledger headers of rows and quarantined items, by the source that they name

No source is derived from another here, so that a fault in one shows as a difference. Only what is
not settled yet is kept in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from kpr_stream.audit.balance import TOPICS_READ, first_part
from kpr_stream.kafka.read_topic import TopicRecord
from kpr_stream.model.header import HEADER_NAME, unpack
from kpr_stream.model.topics import QUARANTINE, RECEIPT_TOPICS
from kpr_stream.model.unit import millis
from kpr_stream.model.words import SYSTEMS, Outcome, ReceiptStatus, System


class Fault(StrEnum):
    """What is wrong with the books of one delivery."""

    NO_RECEIPT = "no_receipt"
    DOUBLE_RECEIPT = "double_receipt"
    ROWS_MISSING = "rows_missing"
    """Fewer rows name it as their cause than its receipt says were accepted."""
    QUARANTINE_DIFFERS = "quarantine_differs"
    """More or fewer quarantined items name it than its receipt says were rejected."""
    NO_DELIVERY = "no_delivery"
    """A receipt, a row or an item names a delivery that is not on its topic."""


class SourcePartition(NamedTuple):
    """A partition of a system's delivery topic."""

    system: System
    lane: int


class Section(NamedTuple):
    """How far a partition is processed, and where it ends."""

    committed: int
    end: int


class FoundFault(NamedTuple):
    """A delivery whose books do not balance."""

    system: System
    lane: int
    offset: int
    fault: Fault


@dataclass(slots=True)
class _Entry:
    """What names one delivery."""

    receipts: int = 0
    rows: int = 0
    quarantined: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    """Its items by outcome; empty unless it was processed."""
    received_at: int = 0


class Books:
    """The books of all delivery topics, from a first offset of each partition."""

    def __init__(
        self,
        first: Mapping[SourcePartition, int],
        *,
        since: Mapping[SourcePartition, int] | None = None,
        outputs_since: int = 0,
    ) -> None:
        """``since``: broker time (ms) of the first delivery of each partition.

        What was received earlier belongs to an earlier topic of that name, whose offsets are
        reused. ``outputs_since``: time from which on rows and items are all still there, because
        compaction removes older ones. Of deliveries before it only receipts are compared.
        """
        self._since = dict(since or {})
        self._first = dict(first)
        self._settled = dict(first)
        self._outputs_since = outputs_since
        self._entries: dict[SourcePartition, dict[int, _Entry]] = {p: {} for p in first}
        self._late: list[FoundFault] = []
        self.compared: Counter[System] = Counter()
        self.imbalance: Counter[tuple[System, Fault]] = Counter()
        """Deliveries with a fault, since the first offset."""

    def add(self, record: TopicRecord) -> None:
        """Enter one record of any topic; those that are not compared are left out."""
        if record.topic not in RECEIPT_TOPICS:
            self.add_output(record)
        elif record.value is not None and (receipt := first_part(record.value)) is not None:
            self.add_receipt(receipt)

    def add_receipt(self, receipt: Mapping[str, Any]) -> None:
        """Enter the first part of a receipt."""
        place = SourcePartition(System(receipt["system"]), receipt["source_partition"])
        received_at = millis(receipt["received_at"]) or 0
        if received_at < self._since.get(place, 0):
            return
        entry = self._entry(place, receipt["source_offset"], late=Fault.DOUBLE_RECEIPT)
        if entry is None:
            return
        entry.receipts += 1
        if receipt["status"] == ReceiptStatus.PROCESSED:
            entry.counts = receipt["counts"]
        entry.received_at = received_at

    def add_output(self, record: TopicRecord) -> None:
        """Enter a row or a quarantined item; what a command caused is left out."""
        if record.topic not in TOPICS_READ:
            return
        source = unpack(dict(record.headers)[HEADER_NAME])
        if source.source_topic >= len(SYSTEMS):
            return
        place = SourcePartition(SYSTEMS[source.source_topic], record.partition)
        if record.timestamp < self._since.get(place, 0):
            return
        entry = self._entry(place, source.source_offset, late=Fault.NO_DELIVERY)
        if entry is None:
            return
        if record.topic == QUARANTINE:
            entry.quarantined += 1
        else:
            entry.rows += 1

    def check(self, sections: Mapping[SourcePartition, Section]) -> list[FoundFault]:
        """Settle every delivery below the committed offsets; return the faults found.

        Call after all outputs were read that existed when the offsets were read.
        """
        found, self._late = self._late, []
        for place, section in sections.items():
            entries = self._entries[place]
            start = self._settled[place]
            for offset in range(start, section.committed):
                entry = entries.pop(offset, None) or _Entry()
                found += (FoundFault(*place, offset, fault) for fault in self._faults_of(entry))
            self._settled[place] = max(start, section.committed)
            self.compared[place.system] += max(0, section.committed - start)
            for offset in [one for one in entries if one >= section.end]:
                del entries[offset]
                found.append(FoundFault(*place, offset, Fault.NO_DELIVERY))
        self.imbalance.update((one.system, one.fault) for one in found)
        return found

    def _entry(self, place: SourcePartition, offset: int, *, late: Fault) -> _Entry | None:
        """Return the entry of a delivery; None if it is before the first, or settled already."""
        if offset < self._settled[place]:
            if offset >= self._first[place]:
                self._late.append(FoundFault(*place, offset, late))
            return None
        return self._entries[place].setdefault(offset, _Entry())

    def _faults_of(self, entry: _Entry) -> list[Fault]:
        if entry.receipts == 0:
            return [Fault.NO_RECEIPT]
        found = [Fault.DOUBLE_RECEIPT] if entry.receipts > 1 else []
        if entry.received_at < self._outputs_since:
            return found
        # An accepted item has a row of its own. One that the same delivery deletes first and then
        # reports as it was changes nothing, and leaves none.
        accepted = entry.counts.get(Outcome.ACCEPTED, 0) - entry.counts.get(Outcome.DELETED, 0)
        if entry.rows < accepted:
            found.append(Fault.ROWS_MISSING)
        if entry.quarantined != entry.counts.get(Outcome.REJECTED, 0):
            found.append(Fault.QUARANTINE_DIFFERS)
        return found
