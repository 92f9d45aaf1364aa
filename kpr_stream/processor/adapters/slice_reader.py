"""Reading what a command is about: a slice of one topic in the lane's own partition."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from kpr_stream.errors import BrokerError
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.close import close_consumer
from kpr_stream.kafka.connect import diagnose_connection_failure
from kpr_stream.model.header import HEADER_NAME, unpack
from kpr_stream.processor.adapters.tuning import OUTPUT_READER, values
from kpr_stream.processor.commands.log_slice import LogRecord, LogSlice, SliceRead

WITHIN_S: Final = 20.0
"""A broker that stalls must not hold the lane until the watchdog comes: the lane decides again."""
POLL_MS: Final = 500
RECORDS_A_FETCH: Final = 500
"""A delivery may have 4 MB: what is fetched beyond the slice is read for nothing."""


class SliceReader:
    """Reads slices for the lanes of this worker."""

    def __init__(self, access: KafkaAccess, group: str) -> None:
        self._access, self._group = access, group

    async def read(self, lane: int, wanted: LogSlice) -> SliceRead:
        """The records of a slice that are there still."""
        consumer = AIOKafkaConsumer(
            **self._access.for_aiokafka(),
            client_id=f"{self._group}-command-reader",
            **{**values(OUTPUT_READER), "max_poll_records": RECORDS_A_FETCH},
        )
        partition = TopicPartition(wanted.topic, lane)
        try:
            async with asyncio.timeout(WITHIN_S):
                await consumer.start()
                consumer.assign([partition])
                return await _read(consumer, partition, wanted)
        except KafkaError as cause:
            raise await diagnose_connection_failure(self._access, cause) from None
        except TimeoutError:
            raise BrokerError(
                f"Kafka at {self._access.bootstrap} did not give lane {lane} its own records "
                f"within {WITHIN_S:.0f} s.",
                what_to_do="Check the broker's health and the network to it.",
            ) from None
        finally:
            await close_consumer(consumer)


async def _read(
    consumer: AIOKafkaConsumer, partition: TopicPartition, wanted: LogSlice
) -> SliceRead:
    first, end = await _bounds(consumer, partition, wanted)
    if first >= end:
        return SliceRead(next_offset=end, end_offset=end)
    consumer.seek(partition, first)
    records: list[LogRecord] = []
    size, position = 0, first
    while position < end:
        fetched = (await consumer.getmany(partition, timeout_ms=POLL_MS)).get(partition, ())
        for record in fetched:
            too_much = len(records) >= wanted.max_records or size > wanted.max_bytes
            if record.offset >= end or (
                wanted.until_time is not None and record.timestamp >= wanted.until_time
            ):
                return SliceRead(tuple(records), record.offset, end_offset=end)
            if too_much:
                return SliceRead(tuple(records), record.offset, complete=False, end_offset=end)
            records.append(_logged(record))
            size += len(record.value or b"")
        position = await consumer.position(partition)
    return SliceRead(tuple(records), position, end_offset=end)


async def _bounds(
    consumer: AIOKafkaConsumer, partition: TopicPartition, wanted: LogSlice
) -> tuple[int, int]:
    begin = (await consumer.beginning_offsets([partition]))[partition]
    end = (await consumer.end_offsets([partition]))[partition]
    first = wanted.first
    if wanted.from_time is not None:
        at = (await consumer.offsets_for_times({partition: wanted.from_time}))[partition]
        first = end if at is None else at.offset
    until = end if wanted.until_offset is None else min(end, wanted.until_offset)
    return max(begin, first), until


def _logged(record: Any) -> LogRecord:  # noqa: ANN401 - aiokafka publishes no type for it
    packed = dict(record.headers).get(HEADER_NAME)
    return LogRecord(
        record.offset,
        record.timestamp,
        record.key,
        record.value,
        unpack(packed) if packed is not None else None,
    )
