"""Reading whole topics, as an administrator would: every committed record, decoded batches."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.close import close_consumer
from kpr_stream.kafka.connect import check_topics, diagnose_connection_failure

POLL_MS: Final = 200
"""How long one fetch may wait: only the last one of a partition waits at all."""
MAX_POLL_RECORDS: Final = 5_000


@dataclass(frozen=True, slots=True)
class Record:
    """One committed record. Headers are pairs of name and bytes."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


async def read_all(access: KafkaAccess, topics: Mapping[str, int]) -> AsyncIterator[Record]:
    """Every committed record, from the beginning to the end as it is now.

    ``topics`` are names with their numbers of partitions.
    """
    consumer = AIOKafkaConsumer(
        **access.for_aiokafka(),
        isolation_level="read_committed",
        enable_auto_commit=False,
        max_poll_records=MAX_POLL_RECORDS,
    )
    try:
        await consumer.start()
        await check_topics(access, consumer, topics)
        partitions = [TopicPartition(topic, p) for topic, n in topics.items() for p in range(n)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        starts = await consumer.beginning_offsets(partitions)
        for partition in partitions:
            consumer.seek(partition, starts[partition])
        behind = {p for p in partitions if starts[p] < ends[p]}
        while behind:
            found = await consumer.getmany(timeout_ms=POLL_MS)
            for r in itertools.chain.from_iterable(found.values()):
                if r.offset < ends[TopicPartition(r.topic, r.partition)]:
                    yield Record(r.topic, r.partition, r.offset, r.key, r.value, r.headers)
            behind = {p for p in behind if await consumer.position(p) < ends[p]}
    except KafkaError as cause:
        raise await diagnose_connection_failure(access, cause) from cause
    finally:
        await close_consumer(consumer)
