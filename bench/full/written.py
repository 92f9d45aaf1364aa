"""Count what is on the topics, by the ends of their logs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.figures import Figures
from kpr_stream.kafka.access import kafka_access
from kpr_stream.model import topics
from kpr_stream.model.topics import PARTITIONS, Role
from kpr_stream.settings import Settings

COUNTED: Final[Mapping[str, tuple[str, ...]]] = {
    "receipts": topics.RECEIPT_TOPICS,
    "cleaned": (topics.CONSULTATION, topics.APPOINTMENT),
    "identities": (topics.IDENTITY, topics.IDENTITY_LINK),
}


async def written(settings: Settings) -> Figures:
    """Return the offsets that each kind of record takes: a transaction takes one more of each."""
    async with AIOKafkaConsumer(**kafka_access(settings, Role.ADMIN).for_aiokafka()) as consumer:
        found = {}
        for name, of in COUNTED.items():
            partitions = [TopicPartition(topic, n) for topic in of for n in range(PARTITIONS)]
            found[name] = float(sum((await consumer.end_offsets(partitions)).values()))
        return found
