"""Follow ``kpr.hst.release``: which releases any lane of the register has stopped.

Each lane counts for itself and stops a release in its own partition. Every worker follows all
partitions, so that a stopped release is refused in every lane as soon as this reader has seen it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from aiokafka import TopicPartition

from kpr_stream.errors import KprError, WireFormatError
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.foreign import foreign_record
from kpr_stream.kafka.partition_reader import ANSWER_S, PartitionReader
from kpr_stream.model.release import ReleaseState
from kpr_stream.model.topics import PARTITIONS, RELEASE
from kpr_stream.processor.adapters.tuning import OUTPUT_READER, values
from kpr_stream.schemas import wire

POLL_MS: Final = 500
"""How long one fetch waits where nothing comes; a record that comes is not delayed by it."""

ReleaseRecord = tuple[int, int, bytes, bytes | None]
"""Partition, offset, key and value."""


class ReleaseReader:
    """The one reader of a worker. ``died`` must end the process."""

    def __init__(
        self, access: KafkaAccess, client_id: str, *, died: Callable[[BaseException], None]
    ) -> None:
        self._died = died
        self._stopped: set[tuple[bytes, int]] = set()
        self.stopped: frozenset[bytes] = frozenset()
        """The keys of the releases that a lane has stopped, as one value that never changes."""
        self._reader = PartitionReader(
            access,
            {RELEASE: PARTITIONS},
            wait_ms=POLL_MS,
            connect_s=ANSWER_S,
            client_id=f"{client_id}-releases",
            **values(OUTPUT_READER),
        )

    async def run(self) -> None:
        """Read until cancelled. Any failure to read ends the process."""
        try:
            async with self._reader:
                begins = await self._reader.ranges()
                self._reader.read_from({partition: log.begin for partition, log in begins.items()})
                while True:
                    found = await self._reader.fetch()
                    self.note(
                        (partition.partition, r.offset, r.key, r.value)
                        for partition, records in found.items()
                        for r in records
                    )
        except KprError as cause:
            self._died(cause)

    def note(self, records: Iterable[ReleaseRecord]) -> None:
        """Note states of releases. WireFormatError names a record that no worker has written."""
        for lane, offset, key, value in records:
            if _is_stopped(TopicPartition(RELEASE, lane), offset, value):
                self._stopped.add((key, lane))
            else:
                self._stopped.discard((key, lane))
        self.stopped = frozenset(key for key, _ in self._stopped)


def _is_stopped(partition: TopicPartition, offset: int, value: bytes | None) -> bool:
    if value is None:
        return False
    try:
        return ReleaseState.from_record(wire.decode("release", value)).stopped
    except WireFormatError as cause:
        place = (partition.topic, partition.partition, offset)
        raise foreign_record(place, cause.message) from None
