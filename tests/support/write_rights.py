"""Write reservations and erasures to their topic, as the register's privacy officer would."""

from __future__ import annotations

from collections.abc import Iterable

from aiokafka import AIOKafkaProducer

from kpr_stream.kafka.access import kafka_access
from kpr_stream.model import topics
from kpr_stream.model.topics import Role
from kpr_stream.settings import Settings


async def write_rights(settings: Settings, records: Iterable[tuple[bytes, bytes]]) -> None:
    """Write keys and values; return when the broker has all of them."""
    access = kafka_access(settings, Role.PRIVACY).for_aiokafka()
    async with AIOKafkaProducer(**access, acks="all") as producer:
        for key, value in records:
            await producer.send(topics.RIGHTS, value, key=key)
        await producer.flush()
