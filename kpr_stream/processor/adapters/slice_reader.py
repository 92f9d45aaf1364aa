"""Read what a command is about: a slice of one topic in the lane's own partition."""

from __future__ import annotations

from typing import Any, Final

from aiokafka import TopicPartition

from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.connect import time_limit
from kpr_stream.kafka.partition_reader import PartitionReader
from kpr_stream.model.header import HEADER_NAME, unpack
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.processor.adapters.tuning import OUTPUT_READER, values
from kpr_stream.processor.commands.log_slice import LogRecord, LogSlice, SliceRead

WITHIN_S: Final = 20.0
"""A stalling broker must not hold the lane until the watchdog ends it."""
POLL_MS: Final = 500
RECORDS_A_FETCH: Final = 500
"""A delivery may have 4 MB: what is fetched beyond the slice is read in vain."""


class SliceReader:
    """Reads slices for the lanes of this worker."""

    def __init__(self, access: KafkaAccess, group: str) -> None:
        self._access, self._group = access, group

    async def read(self, lane: int, wanted: LogSlice) -> SliceRead:
        """Return the records of a slice that are still on the topic."""
        settings = {**values(OUTPUT_READER), "max_poll_records": RECORDS_A_FETCH}
        reading = PartitionReader(
            self._access,
            {wanted.topic: PARTITIONS},
            wait_ms=POLL_MS,
            client_id=f"{self._group}-command-reader",
            **settings,
        )
        what = f"give lane {lane} its own records"
        async with time_limit(self._access, WITHIN_S, what), reading as reader:
            return await _read(reader, TopicPartition(wanted.topic, lane), wanted)


async def _read(reader: PartitionReader, partition: TopicPartition, wanted: LogSlice) -> SliceRead:
    first, end = await _bounds(reader, partition, wanted)
    if first >= end:
        return SliceRead(next_offset=end, end_offset=end)
    reader.read_from({partition: first})
    records: list[LogRecord] = []
    size, position = 0, first
    while position < end:
        for record in (await reader.fetch()).get(partition, ()):
            too_much = len(records) >= wanted.max_records or size > wanted.max_bytes
            if record.offset >= end or (
                wanted.until_time is not None and record.timestamp >= wanted.until_time
            ):
                return SliceRead(tuple(records), record.offset, end_offset=end)
            if too_much:
                return SliceRead(tuple(records), record.offset, complete=False, end_offset=end)
            records.append(_log_record(record))
            size += len(record.value or b"")
        position = await reader.position(partition)
    return SliceRead(tuple(records), position, end_offset=end)


async def _bounds(
    reader: PartitionReader, partition: TopicPartition, wanted: LogSlice
) -> tuple[int, int]:
    log = (await reader.ranges([partition]))[partition]
    first = wanted.first
    if wanted.from_time is not None:
        at = await reader.offset_at(partition, wanted.from_time)
        first = log.end if at is None else at
    until = log.end if wanted.until_offset is None else min(log.end, wanted.until_offset)
    return max(log.begin, first), until


def _log_record(record: Any) -> LogRecord:  # noqa: ANN401 - aiokafka publishes no type for it
    packed = dict(record.headers).get(HEADER_NAME)
    return LogRecord(
        record.offset,
        record.timestamp,
        record.key,
        record.value,
        unpack(packed) if packed is not None else None,
    )
