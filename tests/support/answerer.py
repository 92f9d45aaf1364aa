"""Answer every delivery at once by its envelope, without opening it.

For measures and tests of the connector alone: ``python -m tests.support.answerer SYSTEM`` serves
the stack of ``KPR_HOME`` until it is ended, and prints a line when it is ready.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from kpr_stream.kafka.access import kafka_access
from kpr_stream.model.topics import PARTITIONS, Role, delivery_topic, receipt_topic
from kpr_stream.model.words import OUTCOMES, MessageType, Outcome, ReceiptStatus, System
from kpr_stream.schemas import wire
from kpr_stream.settings import Settings
from tests.support.small_receipt import small_receipt


async def answer_all(settings: Settings, system: System) -> None:
    """Answer until cancelled: every delivery is processed, every item accepted."""
    access = kafka_access(settings, Role.PROCESSOR).for_aiokafka()
    known: Counter[str] = Counter()
    async with (
        AIOKafkaConsumer(**access, enable_auto_commit=False) as consumer,
        AIOKafkaProducer(**access, acks="all", linger_ms=5) as producer,
    ):
        partitions = [TopicPartition(delivery_topic(system), n) for n in range(PARTITIONS)]
        consumer.assign(partitions)
        await consumer.seek_to_end(*partitions)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                for record in records:
                    receipt = _receipt(record, system, known)
                    value = wire.encode("receipt", receipt)
                    await producer.send(receipt_topic(system), value, key=record.key)


def _receipt(record: Any, system: System, known: Counter[str]) -> dict[str, Any]:
    delivery = wire.decode("delivery", record.value, unread=("payload",))
    org_nr, hello = delivery["org_nr"], delivery["message_type"] == MessageType.HELLO
    if not hello:
        known[org_nr] = max(known[org_nr], delivery["sequence"])
    counts = {str(outcome): 0 for outcome in OUTCOMES}
    counts[Outcome.ACCEPTED.value] = delivery["item_count"]
    return small_receipt(
        delivery,
        system,
        (record.partition, record.offset),
        ReceiptStatus.HELLO if hello else ReceiptStatus.PROCESSED,
        expected_sequence=known[org_nr] + 1,
        counts=counts,
    )


if __name__ == "__main__":
    asyncio.run(answer_all(Settings(), System(sys.argv[1])))
