"""The plain loop on the bare work: a dictionary, no transaction, no durable state.

If this process ends, its state is gone and records are lost or doubled.
"""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench.peers.apps.bare import INPUT, encoded, items_of
from bench.peers.apps.start import Start, ready
from kpr_stream.model.topics import PARTITIONS

FETCH_MS = 200
LINGER_MS = 5
"""Batches of a single record would be measured otherwise."""


async def run(start: Start) -> None:
    """Work until the process is ended."""
    consumer = AIOKafkaConsumer(
        **start.for_aiokafka(), enable_auto_commit=False, auto_offset_reset="earliest"
    )
    producer = AIOKafkaProducer(
        **start.for_aiokafka(),
        compression_type="zstd",
        linger_ms=LINGER_MS,
        max_batch_size=500_000,
    )
    await consumer.start()
    await producer.start()
    consumer.assign([TopicPartition(INPUT, number) for number in range(PARTITIONS)])
    known: dict[str, bytes] = {}
    ready()
    while True:
        fetched = await consumer.getmany(timeout_ms=FETCH_MS)
        for record in (record for records in fetched.values() for record in records):
            for item in items_of(record.value):
                if known.get(item.key) != item.digest:
                    known[item.key] = item.digest
                    await producer.send(start.output, encoded(item), item.key.encode())


if __name__ == "__main__":
    asyncio.run(run(Start.from_environment()))
