"""Reading whole topics, as an administrator would: every committed record, decoded batches."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from kpr_stream.access import KafkaAccess

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


async def read_all(access: KafkaAccess, topics: Iterable[str]) -> AsyncIterator[Record]:
    """Every committed record of the topics, from the beginning to the end as it is now."""
    consumer = AIOKafkaConsumer(
        **access.for_aiokafka(),
        isolation_level="read_committed",
        enable_auto_commit=False,
        max_poll_records=MAX_POLL_RECORDS,
    )
    try:
        await consumer.start()
        partitions = []
        for topic in topics:
            known = await consumer.partitions_for_topic(topic) if topic else None
            partitions += [TopicPartition(topic, p) for p in sorted(known or ())]
        if not partitions:
            return
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        starts = await consumer.beginning_offsets(partitions)
        for partition in partitions:
            consumer.seek(partition, starts[partition])
        behind = {p for p in partitions if starts[p] < ends[p]}
        while behind:
            for partition, records in (await consumer.getmany(timeout_ms=POLL_MS)).items():
                for r in records:
                    if r.offset < ends[partition]:
                        yield Record(r.topic, r.partition, r.offset, r.key, r.value, r.headers)
            for partition in list(behind):
                if await consumer.position(partition) >= ends[partition]:
                    behind.discard(partition)
    except KafkaError as cause:
        raise access.failed(cause) from cause
    finally:
        await consumer.stop()
