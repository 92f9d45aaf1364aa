"""Read single records of a lane's own outputs back, by offset: contents to be written again.

Each call has a reader of its own. Calls are rare (a unit changes its EPJ, a right is carried out),
and each wants many records that lie close together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from aiokafka import TopicPartition

from kpr_stream.errors import LedgerBrokenError, OutsideLogError
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.connect import time_limit
from kpr_stream.kafka.partition_reader import PartitionReader
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.processor.adapters.tuning import OUTPUT_READER, values
from kpr_stream.processor.state.contents import LogPosition

WITHIN_S: Final = 20.0
"""For all records of a batch: a stalling broker must not hold a lane until the watchdog ends it."""
POLL_MS: Final = 500
STEP: Final = 500
"""A wanted record this many offsets away or nearer is read up to, not sought: a fetch holds it."""


class ReadBack:
    """Reads records of this worker's lanes back."""

    def __init__(self, access: KafkaAccess, group: str) -> None:
        self._access, self._group = access, group

    async def read(self, lane: int, places: Collection[LogPosition]) -> Mapping[LogPosition, bytes]:
        """Return the values at these places.

        LedgerBrokenError if one of them holds something else, or lies outside the log: the ledger
        that named it is read again from the topics.
        """
        reading = PartitionReader(
            self._access,
            dict.fromkeys((place.topic for place in places), PARTITIONS),
            wait_ms=POLL_MS,
            client_id=f"{self._group}-read-back",
            **values(OUTPUT_READER),
        )
        what = f"give lane {lane}'s own records back"
        async with time_limit(self._access, WITHIN_S, what), reading as reader:
            found: dict[LogPosition, bytes] = {}
            for topic in {place.topic for place in places}:
                wanted = sorted(place for place in places if place.topic == topic)
                await _read(reader, TopicPartition(topic, lane), wanted, found)
            return found


async def _read(
    reader: PartitionReader,
    partition: TopicPartition,
    wanted: list[LogPosition],
    found: dict[LogPosition, bytes],
) -> None:
    position = wanted[0].offset
    reader.read_from({partition: position})
    try:
        while wanted:
            if wanted[0].offset > position + STEP:
                reader.seek(partition, wanted[0].offset)
            if records := (await reader.fetch()).get(partition):
                position = records[-1].offset
                wanted = _take(records, wanted, found, partition.partition)
    except OutsideLogError:
        raise _not_there(wanted[0], partition.partition) from None


def _take(
    records: Iterable[Any], wanted: list[LogPosition], found: dict[LogPosition, bytes], lane: int
) -> list[LogPosition]:
    """Keep the wanted values among the records; return what is still wanted after them."""
    at = 0
    for record in records:
        if at < len(wanted) and record.offset >= wanted[at].offset:
            place = wanted[at]
            if (record.offset, record.key) != (place.offset, place.key) or record.value is None:
                raise _not_there(place, lane)
            found[place] = record.value
            at += 1
    return wanted[at:]


def _not_there(place: LogPosition, lane: int) -> LedgerBrokenError:
    return LedgerBrokenError(
        f"The ledger of lane {lane} names {place.topic} at offset {place.offset} for a record that "
        "is not there.",
        what_to_do="Nothing: it is read again from the topics.",
    )
