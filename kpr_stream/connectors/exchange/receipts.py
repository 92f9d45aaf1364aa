"""Read receipts: every partition of the system's topic, from the position in the outbox.

Without a consumer group: the position is stored in the transaction that applies the receipts. So
none is missed or applied twice, whenever the process ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition

from kpr_stream.connectors.exchange import client as broker
from kpr_stream.errors import BrokerError
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.partition_reader import PartitionReader
from kpr_stream.model.topics import PARTITIONS, receipt_topic
from kpr_stream.model.words import System
from kpr_stream.schemas import wire

Receipt = dict[str, Any]
"""A record of receipt.v1.avsc."""


@dataclass(slots=True)
class ReceiptReader:
    """Reads one system's receipts."""

    topic: str
    reader: PartitionReader

    async def start(self, positions: Mapping[int, int]) -> dict[int, int]:
        """Connect and go to the positions; where none is given, to the end as it is now.

        Returns all positions. Receipts from before a new outbox was made do not concern it.
        """
        await self.reader.start()
        try:
            logs = await self.reader.ranges()
        except BrokerError:
            await self.reader.close()
            raise
        offsets = {tp: positions.get(tp.partition, log.end) for tp, log in logs.items()}
        self.reader.read_from(offsets)
        return {tp.partition: offset for tp, offset in offsets.items()}

    async def stop(self) -> None:
        """Close the connection."""
        await self.reader.close()

    async def next(self) -> tuple[list[Receipt], dict[int, int]]:
        """Return the receipts that came within a short wait, in order, and the positions after."""
        found = await self.reader.fetch()
        receipts: list[Receipt] = []
        positions: dict[int, int] = {}
        for tp, records in found.items():
            for record in records:
                if record.value is None:
                    raise _not_a_receipt(tp, record.offset)
                receipts.append(wire.decode("receipt", record.value))
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


def _not_a_receipt(tp: TopicPartition, offset: int) -> BrokerError:
    return BrokerError(
        f"The record {tp.topic}/{tp.partition}@{offset} is not a receipt.",
        what_to_do="Only the processor may write there: compare the ACLs with "
        "docs/operate/topics.md.",
    )
