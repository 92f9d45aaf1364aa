"""Reading single records of a lane's own outputs back, by offset: contents to be written anew.

A consumer of its own for each call, without a group: it is needed seldom (a unit changes its EPJ,
a right is carried out), and then for many records that lie close together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from kpr_stream.errors import BrokerError, LedgerBrokenError
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.close import close_consumer
from kpr_stream.kafka.connect import diagnose_connection_failure
from kpr_stream.processor.adapters.tuning import OUTPUT_READER, values
from kpr_stream.processor.state.contents import Place

WITHIN_S: Final = 20.0
"""All records of a batch: a broker that stalls must not hold the lane until the watchdog comes."""
POLL_MS: Final = 500
STEP: Final = 500
"""Offsets to the next wanted record that are read over rather than sought: a fetch holds them."""


class ReadBack:
    """Reads records of this worker's lanes back."""

    def __init__(self, access: KafkaAccess, group: str) -> None:
        self._access, self._group = access, group

    async def read(self, lane: int, places: Collection[Place]) -> Mapping[Place, bytes]:
        """The values at these places. LedgerBrokenError if one of them holds something else: the
        ledger that named it is read anew then."""
        consumer = AIOKafkaConsumer(
            **self._access.for_aiokafka(),
            client_id=f"{self._group}-read-back",
            **values(OUTPUT_READER),
        )
        try:
            async with asyncio.timeout(WITHIN_S):
                return await self._read(consumer, lane, places)
        except KafkaError as cause:
            raise await diagnose_connection_failure(self._access, cause) from None
        except TimeoutError:
            raise BrokerError(
                f"Kafka at {self._access.bootstrap} did not give lane {lane}'s own records back "
                f"within {WITHIN_S:.0f} s.",
                what_to_do="Check the broker's health and the network to it.",
            ) from None
        finally:
            await close_consumer(consumer)

    async def _read(
        self, consumer: AIOKafkaConsumer, lane: int, places: Collection[Place]
    ) -> Mapping[Place, bytes]:
        await consumer.start()
        partitions = {topic: TopicPartition(topic, lane) for topic in {p.topic for p in places}}
        consumer.assign(list(partitions.values()))
        consumer.pause(*partitions.values())
        found: dict[Place, bytes] = {}
        for topic, partition in partitions.items():
            consumer.resume(partition)
            wanted = sorted(place for place in places if place.topic == topic)
            position = None
            while wanted:
                if position is None or wanted[0].offset > position + STEP:
                    consumer.seek(partition, wanted[0].offset)
                records = (await consumer.getmany(partition, timeout_ms=POLL_MS)).get(partition)
                if records:
                    position = records[-1].offset
                    wanted = _take(records, wanted, found, lane)
            consumer.pause(partition)
        return found


def _take(
    records: Iterable[Any], wanted: list[Place], found: dict[Place, bytes], lane: int
) -> list[Place]:
    """Keep what was wanted of the records; what is still wanted after them."""
    at = 0
    for record in records:
        if at < len(wanted) and record.offset >= wanted[at].offset:
            place = wanted[at]
            if (record.offset, record.key) != (place.offset, place.key) or record.value is None:
                raise LedgerBrokenError(
                    f"The ledger of lane {lane} names {place.topic} at offset {place.offset} for "
                    "a record that is not there.",
                    what_to_do="Nothing: it is read anew from the topics.",
                )
            found[place] = record.value
            at += 1
    return wanted[at:]
