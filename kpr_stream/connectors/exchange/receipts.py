"""Read receipts: every partition of the system's topic, from the position in the outbox.

Without a consumer group: the position is stored in the transaction that applies the receipts. So
none is missed or applied twice, whenever the process ends.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition

from kpr_stream.connectors.exchange import client as broker
from kpr_stream.errors import KprError, WireFormatError
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.foreign import foreign_record
from kpr_stream.kafka.partition_reader import PartitionReader
from kpr_stream.model.topics import PARTITIONS, receipt_topic
from kpr_stream.model.words import System
from kpr_stream.schemas import wire

logger = logging.getLogger(__name__)

Receipt = dict[str, Any]
"""A record of receipt.v1.avsc."""


@dataclass(slots=True)
class ReceiptReader:
    """Reads one system's receipts."""

    topic: str
    reader: PartitionReader
    topic_id: str = ""
    """The topic that is read; known after ``start``."""
    _unread: dict[int, int] = field(default_factory=dict)
    """Where the partitions ended at ``start`` that are not read to there."""

    @property
    def is_behind(self) -> bool:
        """Return whether receipts from before ``start`` are still unread."""
        return bool(self._unread)

    async def start(
        self, positions: Mapping[int, int], topic_id: str | None = None
    ) -> dict[int, int]:
        """Connect and go to the positions; where none is given, to the end as it is now.

        ``topic_id`` is the topic that the positions belong to. If the topic was made again, it is
        read from its beginning: receipts of deliveries that are done change nothing. Returns all
        positions. Receipts from before a new outbox was made do not concern it.
        """
        await self.reader.start()
        try:
            self.topic_id = (await self.reader.topic_ids())[self.topic]
            logs = await self.reader.ranges()
        except KprError:
            await self.reader.close()
            raise
        if topic_id not in (None, self.topic_id):
            logger.error(
                "%s was made again (its id was %s and is %s): its receipts are read from the "
                "beginning.",
                *(self.topic, topic_id, self.topic_id),
            )
            positions = {tp.partition: log.begin for tp, log in logs.items()}
        offsets = {tp: positions.get(tp.partition, log.end) for tp, log in logs.items()}
        self.reader.read_from(offsets)
        self._unread = {
            tp.partition: logs[tp].end for tp, at in offsets.items() if at < logs[tp].end
        }
        return {tp.partition: offset for tp, offset in offsets.items()}

    async def stop(self) -> None:
        """Close the connection."""
        await self.reader.close()

    async def next(self) -> tuple[list[Receipt], dict[int, int]]:
        """Return the receipts that came within a short wait, in order, and the positions after."""
        found = await self.reader.fetch()
        for partition, end in list(self._unread.items()):
            if await self.reader.position(TopicPartition(self.topic, partition)) >= end:
                del self._unread[partition]
        receipts: list[Receipt] = []
        positions: dict[int, int] = {}
        for tp, records in found.items():
            receipts.extend(_receipt(tp, record) for record in records)
            positions[tp.partition] = records[-1].offset + 1
        return receipts, positions


def new_receipt_reader(system: System, access: KafkaAccess, *, wait_ms: int) -> ReceiptReader:
    """Return a reader that is not connected yet; ``next`` waits ``wait_ms`` for receipts."""
    topic = receipt_topic(system)
    reader = PartitionReader(
        access,
        {topic: PARTITIONS},
        wait_ms=wait_ms,
        client_id=broker.CLIENT_ID,
        # Receipts are kept 400 days; after a longer pause reading starts at the oldest there are.
        auto_offset_reset="earliest",
        request_timeout_ms=broker.REQUEST_TIMEOUT_MS,
    )
    return ReceiptReader(topic, reader)


def _receipt(tp: TopicPartition, record: ConsumerRecord) -> Receipt:
    place = (tp.topic, tp.partition, record.offset)
    if record.value is None:
        raise foreign_record(place, "it has no value")
    try:
        return wire.decode("receipt", record.value)
    except WireFormatError as cause:
        raise foreign_record(place, cause.message) from None
