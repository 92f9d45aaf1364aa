"""Read what the exporter needs of the topics, again and again, and keep the books meanwhile.

One round reads how far the lanes have committed, then how far the outputs are written, then the
committed outputs to there, then where the deliveries end. In this order every output of a committed
delivery has been read, and no output is ahead of its delivery.

Outputs and offsets are committed in one transaction, but the broker marks its partitions one after
the other: the offset can be seen before the outputs. So a round asks for the end of what is
written, committed or not, and reads until no transaction before that end is open.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiokafka import TopicPartition

from kpr_stream.audit.balance import TOPICS_READ, first_part
from kpr_stream.audit.books import Books, FoundFault, Section, SourcePartition
from kpr_stream.errors import TopicChangedError, WireFormatError
from kpr_stream.exporter.admitted_releases import AdmittedReleases
from kpr_stream.exporter.quarantine import Quarantine
from kpr_stream.exporter.rejected import RejectedItems
from kpr_stream.exporter.states import UnitStates
from kpr_stream.exporter.stopped_releases import StoppedReleases
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.committed import committed_offsets
from kpr_stream.kafka.foreign import NOT_OURS, foreign_record, place_text
from kpr_stream.kafka.partition_reader import ANSWER_S, PartitionReader
from kpr_stream.kafka.read_topic import TopicRecord, first_offsets, topic_record
from kpr_stream.model.topics import (
    COMMAND_RESULT,
    DAY_MS,
    PARTITIONS,
    QUARANTINE_STATE,
    RECEIPT_TOPICS,
    RELEASE,
    UNIT,
    delivery_topic,
)
from kpr_stream.model.words import SYSTEMS, System
from kpr_stream.schemas import wire

log = logging.getLogger(__name__)

RECEIPTS_MS: Final = 31 * DAY_MS
"""Receipts are read from so long ago: the rejected items of 30 days are counted from them."""
BOOKS_MS: Final = 13 * DAY_MS
"""Deliveries are compared from so long ago; their topics keep them for 14 days."""
OUTPUTS_MS: Final = 20 * 3_600_000
"""Rows and items are compared from so long ago. Compaction leaves the last 24 hours alone."""
SKEW_MS: Final = 600_000
"""How far this machine's clock may be ahead of the broker's: a delivery that arrives on an empty
topic right after the start must not look like one of an earlier topic."""
PATIENCE_S: Final = 10.0
"""A silent broker fails the round after this time; the next round connects again."""
MOST_LOGGED: Final = 20
"""Faults of one round that get a line in the log; the metric counts all of them."""
CLIENT_ID: Final = "kpr-exporter"

_STATES: Final = (UNIT, RELEASE, QUARANTINE_STATE, COMMAND_RESULT)
_READ: Final = TOPICS_READ | dict.fromkeys(_STATES, PARTITIONS)
_OUTPUTS: Final = [TopicPartition(topic, n) for topic in _READ for n in range(PARTITIONS)]
_DELIVERIES: Final = {
    TopicPartition(delivery_topic(system), lane): SourcePartition(system, lane)
    for system in SYSTEMS
    for lane in range(PARTITIONS)
}


class Follower:
    """What the topics say, read up to the last round. For one task."""

    def __init__(self, access: KafkaAccess, group: str, *, now: Callable[[], float]) -> None:
        """``group``: the workers' consumer group. ``now`` gives seconds since 1970."""
        self._access, self._group, self._now = access, group, now
        self._reader: PartitionReader | None = None
        self._written: PartitionReader | None = None
        """Says where the outputs end, open transactions included. It reads no record."""
        self._positions: dict[TopicPartition, int] = {}
        self.units = UnitStates()
        self.rejected = RejectedItems()
        self.quarantine = Quarantine()
        self.releases = StoppedReleases()
        self.admissions = AdmittedReleases()
        self.books = Books({})
        self.unprocessed: dict[System, int] = {}
        """Deliveries of each system that lie on its topic and are not committed."""
        self.topic_ids: dict[str, str] = {}
        """The ids of all topics when they were first read."""
        self.read_at = 0.0
        """When the last round began that was read to its end; 0: none yet."""
        self.heard_at = now()
        """When Kafka last answered."""

    async def round(self) -> None:
        """Read everything that is there now. BrokerError: the next round connects again."""
        began = self._now()
        try:
            reader, written = await self._connected()
            await self._check_topics(reader)
            self.heard_at = self._now()
            committed = await committed_offsets(
                self._access,
                self._group,
                list(_DELIVERIES),
                client_id=CLIENT_ID,
                within_s=ANSWER_S,
            )
            self.heard_at = self._now()
            ends = {p: one.end for p, one in (await written.ranges(_OUTPUTS)).items()}
            async for found in reader.until(ends):
                self.heard_at = self._now()
                for partition, records in found.items():
                    for record in records:
                        self._take(topic_record(partition, record))
                    self._positions[partition] = records[-1].offset + 1
            sources = await reader.ranges(list(_DELIVERIES))
            self.heard_at = self._now()
        except BaseException:
            await self.close()
            raise
        sections = {
            place: Section(committed[p].offset if p in committed else 0, sources[p].end)
            for p, place in _DELIVERIES.items()
        }
        begins = {place: sources[p].begin for p, place in _DELIVERIES.items()}
        self.unprocessed = unprocessed(sections, begins)
        _report(self.books.check(sections))
        self.read_at = began

    async def close(self) -> None:
        """Close the connections; the next round makes others and reads on."""
        readers = self._reader, self._written
        self._reader = self._written = None
        for reader in readers:
            if reader is not None:
                await reader.close()

    async def _connected(self) -> tuple[PartitionReader, PartitionReader]:
        if self._reader is not None and self._written is not None:
            return self._reader, self._written
        self._written = self._new_reader(_READ, isolation_level="read_uncommitted")
        await self._written.start()
        deliveries = dict.fromkeys((p.topic for p in _DELIVERIES), PARTITIONS)
        self._reader = self._new_reader(_READ | deliveries)
        await self._reader.start()
        if not self._positions:
            self._positions = await self._place(self._reader)
        self._reader.read_from(self._positions)
        return self._reader, self._written

    def _new_reader(
        self, topics: Mapping[str, int], *, isolation_level: str = "read_committed"
    ) -> PartitionReader:
        return PartitionReader(
            self._access,
            topics,
            patience_s=PATIENCE_S,
            client_id=CLIENT_ID,
            isolation_level=isolation_level,
        )

    async def _check_topics(self, reader: PartitionReader) -> None:
        """Raise TopicChangedError if a topic was made again: what was read is of another one."""
        ids = await reader.topic_ids()
        self.topic_ids = self.topic_ids or ids
        again = sorted(name for name, known in self.topic_ids.items() if ids[name] != known)
        if again:
            raise TopicChangedError(
                f"{', '.join(again)} was made again while the exporter ran.",
                what_to_do="Start the exporter again: it then reads the topics of today.",
            )

    async def _place(self, reader: PartitionReader) -> dict[TopicPartition, int]:
        """Return where reading begins, and open the books there."""
        now = round(self._now() * 1000)
        since = {
            **dict.fromkeys(TOPICS_READ, now - OUTPUTS_MS),
            **dict.fromkeys(RECEIPT_TOPICS, now - RECEIPTS_MS),
        }
        first: dict[SourcePartition, int] = {}
        received: dict[SourcePartition, int] = {}
        for p, log in (await reader.ranges(list(_DELIVERIES))).items():
            found = await reader.first_at(p, now - BOOKS_MS)
            first[_DELIVERIES[p]], received[_DELIVERIES[p]] = found or (log.end, now - SKEW_MS)
        self.books = Books(first, since=received, outputs_since=now - OUTPUTS_MS)
        logs = await reader.ranges(_OUTPUTS)
        return await first_offsets(reader, logs, lambda p: since.get(p.topic))

    def _take(self, record: TopicRecord) -> None:
        try:
            self._enter(record)
        except NOT_OURS as cause:
            why = str(cause) if isinstance(cause, WireFormatError) else "it cannot be read"
            place = record.topic, record.partition, record.offset
            raise foreign_record(place, why) from None

    def _enter(self, record: TopicRecord) -> None:
        if record.topic == UNIT:
            self.units.add(record.key or b"", record.value)
        elif record.topic == RELEASE:
            self.releases.add(record.partition, record.key or b"", record.value)
        elif record.topic == COMMAND_RESULT:
            self.admissions.add(record.value)
        elif record.topic not in RECEIPT_TOPICS and record.topic != QUARANTINE_STATE:
            self.books.add_output(record)
        elif record.value is None:
            return
        elif record.topic == QUARANTINE_STATE:
            self.quarantine.add(wire.decode("quarantine_state", record.value))
        else:
            self._enter_receipt(first_part(record.value))

    def _enter_receipt(self, receipt: dict[str, Any] | None) -> None:
        if receipt is not None:
            self.rejected.add(receipt)
            self.books.add_receipt(receipt)


def unprocessed(
    sections: Mapping[SourcePartition, Section], begins: Mapping[SourcePartition, int]
) -> dict[System, int]:
    """Return how many deliveries of each system nobody has committed; zeros included.

    ``begins``: the first offsets that the topics still hold. Deliveries are not written in
    transactions, so that every offset is one.
    """
    waiting = dict.fromkeys(SYSTEMS, 0)
    for place, section in sections.items():
        waiting[place.system] += max(0, section.end - max(section.committed, begins[place]))
    return waiting


def _report(found: list[FoundFault]) -> None:
    for one in found[:MOST_LOGGED]:
        log.error(
            "The books do not balance for the delivery %s: %s.",
            *(place_text((delivery_topic(one.system), one.lane, one.offset)), one.fault.value),
        )
    if len(found) > MOST_LOGGED:
        log.error("%d more deliveries do not balance.", len(found) - MOST_LOGGED)
