"""Read whole topics, as an administrator would: every committed record."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aiokafka import ConsumerRecord, TopicPartition

from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.limits import PATIENT, ReadLimits
from kpr_stream.kafka.partition_reader import LogRange, PartitionReader

MAX_POLL_RECORDS: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRecord:
    """One committed record. Headers are pairs of name and bytes."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    timestamp: int = 0
    """Milliseconds since 1970; of an output, when the broker received the delivery."""


async def read_all(
    access: KafkaAccess,
    topics: Mapping[str, int],
    *,
    limits: ReadLimits = PATIENT,
    since_ms: int | None = None,
) -> AsyncIterator[TopicRecord]:
    """Yield every committed record, from the beginning to the end as it is now.

    ``topics`` are names with their numbers of partitions. With ``since_ms`` (ms since 1970) a
    partition begins at its first record of that time or later. BrokerError as in PartitionReader.
    """
    reading = PartitionReader(
        access,
        topics,
        patience_s=limits.patience_s,
        connect_s=limits.connect_s,
        answer_s=limits.answer_s,
        max_poll_records=MAX_POLL_RECORDS,
    )
    async with reading as reader:
        logs = await reader.ranges()
        reader.read_from(await first_offsets(reader, logs, lambda _: since_ms))
        async for found in reader.until({p: log.end for p, log in logs.items()}):
            for partition, records in found.items():
                for r in records:
                    yield topic_record(partition, r)


async def first_offsets(
    reader: PartitionReader,
    logs: Mapping[TopicPartition, LogRange],
    since_ms: Callable[[TopicPartition], int | None],
) -> dict[TopicPartition, int]:
    """Return where each partition begins: at the first record of a time or later (ms since 1970).

    Without a time at the beginning of the log; at its end if no record is as late.
    """
    starts = {}
    for p, log in logs.items():
        at = since_ms(p)
        offset = log.begin if at is None else await reader.offset_at(p, at)
        starts[p] = log.end if offset is None else offset
    return starts


def topic_record(partition: TopicPartition, read: ConsumerRecord) -> TopicRecord:
    """Return a record as aiokafka has read it."""
    return TopicRecord(
        topic=partition.topic,
        partition=partition.partition,
        offset=read.offset,
        key=read.key,
        value=read.value,
        headers=read.headers,
        timestamp=read.timestamp,
    )
