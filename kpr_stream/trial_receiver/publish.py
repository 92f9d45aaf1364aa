"""Write receipts in transactions, as a worker does: readers see only committed ones."""

from __future__ import annotations

from collections.abc import Sequence

from aiokafka import AIOKafkaProducer

from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.close import close_producer
from kpr_stream.kafka.connect import CONNECT_S, time_limit
from kpr_stream.model.header import HEADER_NAME
from kpr_stream.model.output import OutputRecord
from kpr_stream.processor.adapters.tuning import PRODUCER, values


class ReceiptWriter:
    """Writes each answer in a transaction of its own."""

    def __init__(self, access: KafkaAccess, *, transactional_id: str) -> None:
        self._access = access
        self._producer = AIOKafkaProducer(
            **access.for_aiokafka(),
            client_id=transactional_id,
            transactional_id=transactional_id,
            **values(PRODUCER),
        )

    async def start(self) -> None:
        """Connect, and end what an earlier trial left open."""
        try:
            async with time_limit(self._access, CONNECT_S, "begin transactions"):
                await self._producer.start()
        except BaseException:
            await close_producer(self._producer)
            raise

    async def write(self, receipts: Sequence[tuple[int, OutputRecord]]) -> None:
        """Write receipts, each to its partition, in one transaction."""
        if not receipts:
            return
        async with self._producer.transaction():
            sent = [
                await self._producer.send(
                    one.topic,
                    one.value,
                    key=one.key,
                    partition=partition,
                    headers=[(HEADER_NAME, one.header.pack())],
                )
                for partition, one in receipts
            ]
            for future in sent:
                await future

    async def stop(self) -> None:
        """Close the connection."""
        await close_producer(self._producer)
