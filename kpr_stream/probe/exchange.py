"""Send hellos as one unit, and read the receipts of its lane."""

from __future__ import annotations

from typing import Any, Final

from aiokafka import TopicPartition

from kpr_stream.connectors.exchange.publish import Publisher, new_publisher
from kpr_stream.connectors.outbox.records import Hello
from kpr_stream.errors import OutsideLogError, WireFormatError
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.connect import time_limit
from kpr_stream.kafka.foreign import foreign_record
from kpr_stream.kafka.partition_reader import PartitionReader
from kpr_stream.keys.keyring import PublicKey
from kpr_stream.model.partition import partition_of
from kpr_stream.model.topics import PARTITIONS, PROBE_SYSTEM, receipt_topic
from kpr_stream.probe.pace import SentHello
from kpr_stream.probe.unit import NO_MUNICIPALITY
from kpr_stream.schemas import wire

WAIT_MS: Final = 500
"""How long one look for receipts takes where none comes; the process can end after it."""
PATIENCE_S: Final = 4.0
"""A broker that is silent for longer, and gives no answer when asked, is away."""
SEND_S: Final = 8.0
"""For the broker's confirmation of one small record."""
CLIENT_ID: Final = "kpr-probe"

Receipt = dict[str, Any]


class Exchange:
    """The probe's side of Kafka. Connects when it is used; for one task."""

    def __init__(self, access: KafkaAccess, key: PublicKey, org_nr: str) -> None:
        self._access, self._key, self.org_nr = access, key, org_nr
        self._place = TopicPartition(receipt_topic(PROBE_SYSTEM), partition_of(org_nr))
        self._next: int | None = None
        """The offset to read next, also over a lost connection; None: the end of today."""
        self._reader: PartitionReader | None = None
        self._publisher: Publisher | None = None

    @property
    def lane(self) -> int:
        """Return the lane that answers."""
        return int(self._place.partition)

    async def connect(self) -> None:
        """Connect, unless connected. BrokerError says why that failed.

        Receipts are read from here on, before anything is sent.
        """
        if self._reader is not None:
            return
        self._publisher = new_publisher(PROBE_SYSTEM, self._access, self._key)
        await self._publisher.start()
        self._reader = PartitionReader(
            self._access,
            {self._place.topic: PARTITIONS},
            wait_ms=WAIT_MS,
            patience_s=PATIENCE_S,
            client_id=CLIENT_ID,
        )
        await self._reader.start()
        if self._next is None:
            self._next = (await self._reader.ranges([self._place]))[self._place].end
        self._reader.read_from({self._place: self._next})

    async def send(self, hello: SentHello) -> None:
        """Send an attempt of a hello; return once the broker has it. BrokerError if not."""
        if self._publisher is None:
            raise RuntimeError("connect() comes first")
        async with time_limit(self._access, SEND_S, "confirm a hello"):
            await self._publisher.send_hellos(
                [Hello(self.org_nr, NO_MUNICIPALITY, hello.hello_id, hello.attempt)]
            )

    async def receipts(self) -> list[Receipt]:
        """Return the receipts of the lane that came within a short wait.

        OutsideLogError if the log no longer has the position: the next connection reads from the
        end.
        """
        reader = self._reader
        if reader is None:
            return []
        try:
            records = (await reader.fetch()).get(self._place, [])
        except OutsideLogError:
            self._next = None
            raise
        found: list[Receipt] = []
        for record in records:
            place = (*self._place, record.offset)
            if record.value is None:
                raise foreign_record(place, "it has no value")
            try:
                found.append(wire.decode("receipt", record.value))
            except WireFormatError as cause:
                raise foreign_record(place, cause.message) from None
        if records:
            self._next = records[-1].offset + 1
        return found

    async def close(self) -> None:
        """Close the connection; the next one reads on."""
        reader, self._reader = self._reader, None
        publisher, self._publisher = self._publisher, None
        try:
            if reader is not None:
                await reader.close()
        finally:
            if publisher is not None:
                await publisher.stop()
