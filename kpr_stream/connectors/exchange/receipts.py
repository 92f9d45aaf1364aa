"""Reading receipts: every partition of the system's topic from the place the outbox remembers.

Read committed, without a consumer group: the place is stored with what followed from the
receipts, so none is missed or counted twice, whenever the process ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from kpr_stream.connectors.exchange import client as broker
from kpr_stream.errors import BrokerError
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.close import close_consumer
from kpr_stream.kafka.connect import diagnose_connection_failure
from kpr_stream.model.topics import PARTITIONS, receipt_topic
from kpr_stream.model.words import System
from kpr_stream.schemas import wire

ASK_WITHIN_S = 30.0
"""For a question to the broker at start; aiokafka retries for ever."""

Receipt = dict[str, Any]
"""A record of receipt.v1.avsc."""


@dataclass(slots=True)
class ReceiptReader:
    """Reads one system's receipts."""

    topic: str
    access: KafkaAccess
    consumer: AIOKafkaConsumer

    async def start(self, positions: Mapping[int, int]) -> dict[int, int]:
        """Connect and go to the places; where none is given, to the end as it is now.

        Returns all places. What was answered before a new outbox was made is not its business.
        """
        partitions = [TopicPartition(self.topic, n) for n in range(PARTITIONS)]
        try:
            await self.consumer.start()
            self.consumer.assign(partitions)
            async with asyncio.timeout(ASK_WITHIN_S):
                ends = await self.consumer.end_offsets(partitions)
            places = {tp.partition: positions.get(tp.partition, ends[tp]) for tp in partitions}
            for tp in partitions:
                self.consumer.seek(tp, places[tp.partition])
        except (KafkaError, OSError, TimeoutError) as cause:
            await close_consumer(self.consumer)
            raise await diagnose_connection_failure(self.access, cause) from cause
        return places

    async def stop(self) -> None:
        """Close."""
        await close_consumer(self.consumer)

    async def next(self, *, wait_ms: int) -> tuple[list[Receipt], dict[int, int]]:
        """The receipts that came within ``wait_ms``, in order, and the places after them."""
        try:
            found = await self.consumer.getmany(timeout_ms=wait_ms)
        except KafkaError as cause:
            raise await diagnose_connection_failure(self.access, cause) from cause
        receipts: list[Receipt] = []
        places: dict[int, int] = {}
        for tp, records in found.items():
            for record in records:
                if record.value is None:
                    raise _no_receipt(self.topic, tp.partition, record.offset)
                receipts.append(wire.decode("receipt", record.value))
            places[tp.partition] = records[-1].offset + 1
        return receipts, places


def new_receipt_reader(system: System, access: KafkaAccess) -> ReceiptReader:
    """A reader that is not connected yet. Needs a running event loop."""
    consumer = AIOKafkaConsumer(
        **access.for_aiokafka(),
        client_id=broker.CLIENT_ID,
        group_id=None,
        enable_auto_commit=False,
        # Receipts are kept 400 days; after a longer pause the oldest there are come first.
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        request_timeout_ms=broker.REQUEST_TIMEOUT_MS,
    )
    return ReceiptReader(receipt_topic(system), access, consumer)


def _no_receipt(topic: str, partition: int, offset: int) -> BrokerError:
    return BrokerError(
        f"The record {topic}/{partition}@{offset} is no receipt.",
        what_to_do="Only the processor may write there: compare the ACLs with "
        "docs/operate/topics.md.",
    )
