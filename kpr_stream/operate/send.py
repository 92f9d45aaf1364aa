"""Sending orders to lanes and waiting for what they answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from kpr_stream.errors import UnavailableError
from kpr_stream.kafka.access import KafkaAccess, kafka_access
from kpr_stream.kafka.close import close_consumer
from kpr_stream.kafka.connect import diagnose_connection_failure
from kpr_stream.model.topics import COMMAND, COMMAND_RESULT, PARTITIONS, Role
from kpr_stream.operate.request import Order
from kpr_stream.schemas import wire
from kpr_stream.settings import Settings

ASK_S: Final = 30.0
"""For one question to the broker; aiokafka asks again for ever."""
WAIT_MS: Final = 200

Result = dict[str, Any]
"""A record of command_result.v1.avsc."""


class Sender:
    """Sends orders as one principal and reads the lanes' answers."""

    def __init__(
        self, access: KafkaAccess, producer: AIOKafkaProducer, consumer: AIOKafkaConsumer
    ) -> None:
        self._access, self._producer, self._consumer = access, producer, consumer

    async def carry_out(self, orders: Sequence[Order], *, within_s: float) -> list[Result]:
        """Send orders and wait for every lane's answer, in the order of ``orders``.

        UnavailableError if one does not answer in time, or whoever waits is interrupted: it is
        carried out as soon as the lane is served again, once.
        """
        found: dict[tuple[str, int], Result] = {}
        wanted = [(order.command_id, order.lane) for order in orders]
        try:
            async with asyncio.timeout(ASK_S):
                sent = [
                    await self._producer.send(
                        COMMAND, order.to_value(), key=order.key, partition=order.lane
                    )
                    for order in orders
                ]
                await asyncio.gather(*sent)
            async with asyncio.timeout(within_s):
                while not found.keys() >= set(wanted):
                    await self._read(set(wanted), found)
        except TimeoutError:
            raise _not_answered(wanted, found, f"within {within_s:.0f} s") from None
        except asyncio.CancelledError:
            # Whoever stops waiting must know that it is ordered all the same.
            raise _not_answered(wanted, found, "before it was interrupted") from None
        except KafkaError as cause:
            raise self._access.failed(cause) from cause
        return [found[key] for key in wanted]

    async def _read(
        self, wanted: set[tuple[str, int]], found: dict[tuple[str, int], Result]
    ) -> None:
        batches = await self._consumer.getmany(timeout_ms=WAIT_MS)
        for records in batches.values():
            for record in records:
                if record.value is None or not record.key:
                    continue
                key = record.key.decode("utf-8", "replace"), record.partition
                if key in wanted:
                    found[key] = wire.decode("command_result", record.value)


def _not_answered(
    wanted: Sequence[tuple[str, int]], found: Mapping[tuple[str, int], Result], when: str
) -> UnavailableError:
    missing = len(set(wanted) - found.keys())
    return UnavailableError(
        f"{missing} of {len(wanted)} commands were not answered {when}.",
        what_to_do="Check that workers run. What was sent is carried out once a lane is served; "
        "its answer is on kpr.hst.command-result.",
    )


@asynccontextmanager
async def sender(settings: Settings, role: Role = Role.TOOLS) -> AsyncIterator[Sender]:
    """A sender that is connected; it reads answers from now on."""
    access = kafka_access(settings, role)
    producer = AIOKafkaProducer(**access.for_aiokafka(), acks="all", enable_idempotence=True)
    consumer = AIOKafkaConsumer(
        **access.for_aiokafka(), isolation_level="read_committed", enable_auto_commit=False
    )
    try:
        await producer.start()
        await consumer.start()
        partitions = [TopicPartition(COMMAND_RESULT, lane) for lane in range(PARTITIONS)]
        consumer.assign(partitions)
        async with asyncio.timeout(ASK_S):
            ends = await consumer.end_offsets(partitions)
        for partition, offset in ends.items():
            consumer.seek(partition, offset)
        yield Sender(access, producer, consumer)
    except (KafkaError, TimeoutError) as cause:
        raise await diagnose_connection_failure(access, cause) from None
    finally:
        await close_consumer(consumer)
        await producer.stop()
