"""The Kafka side of a sink: all partitions of its topics, read committed, from where we say.

No consumer group: which offset comes next is known by the database alone.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from kpr_stream.errors import BrokerError
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.close import close_consumer
from kpr_stream.kafka.connect import check_topics, diagnose_connection_failure
from kpr_stream.model.topics import PARTITIONS

FETCH_RECORDS = 20_000
"""Records of a batch at most: bounds memory and how long a transaction takes."""
FETCH_BYTES_PER_PARTITION = 2_000_000
"""With 16 partitions this bounds what waits in memory at 32 MB, and still fills a batch."""
POLL_S = 0.5
"""How long an idle sink waits before it looks round; records end the wait at once."""
REQUEST_TIMEOUT_S = 10.0
"""A broker that does not answer within this time counts as down for now."""
BROKER_PATIENCE_S = 60.0
"""A restart or a change of leader is over by then; after it the process says so and ends."""


@dataclass(frozen=True, slots=True)
class LogRange:
    """A partition's log: its first offset, and the one after its last committed record."""

    begin: int
    end: int


class TopicReader:
    """Reads whole topics by manual assignment."""

    def __init__(
        self,
        access: KafkaAccess,
        topics: tuple[str, ...],
        *,
        patience_s: float = BROKER_PATIENCE_S,
    ) -> None:
        self._access = access
        self._topics = topics
        self._patience_s = patience_s
        self._consumer: AIOKafkaConsumer | None = None
        self._answered_at = 0.0

    async def start(self) -> None:
        """Connect; BrokerError if the broker, the login, the right or a topic is missing."""
        self._consumer = AIOKafkaConsumer(
            **self._access.for_aiokafka(),
            client_id=f"{self._access.username}-sink",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            max_partition_fetch_bytes=FETCH_BYTES_PER_PARTITION,
            request_timeout_ms=int(REQUEST_TIMEOUT_S * 1000),
        )
        try:
            await self._consumer.start()
            await check_topics(self._access, self._consumer, self._topics)
        except BrokerError:
            await self.stop()
            raise
        except (KafkaError, OSError) as cause:
            await self.stop()
            raise await diagnose_connection_failure(self._access, cause) from cause
        self._answered_at = time.monotonic()

    async def stop(self) -> None:
        """Close the connection."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await close_consumer(consumer)

    async def ranges(self) -> dict[TopicPartition, LogRange]:
        """Every partition with its log's range; BrokerError if the broker does not answer."""
        consumer = self._started
        partitions = [TopicPartition(t, p) for t in self._topics for p in range(PARTITIONS)]
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                begin = await consumer.beginning_offsets(partitions)
                end = await consumer.end_offsets(partitions)
        except (KafkaError, OSError) as cause:
            raise self._access.failed(cause) from cause
        self._answered_at = time.monotonic()
        return {tp: LogRange(begin[tp], end[tp]) for tp in partitions}

    def read_from(self, offsets: dict[TopicPartition, int]) -> None:
        """Read these partitions and no others, each from its offset."""
        self._started.assign(list(offsets))
        for tp, offset in offsets.items():
            self._started.seek(tp, offset)

    async def fetch(self) -> dict[TopicPartition, list[ConsumerRecord]]:
        """The next records in the order of each partition; nothing after a while without any.

        BrokerError when the broker has been silent for longer than a restart takes. Raises
        aiokafka's OffsetOutOfRangeError where the log no longer has the next offset.
        """
        try:
            found: dict[TopicPartition, list[ConsumerRecord]] = await self._started.getmany(
                timeout_ms=int(POLL_S * 1000), max_records=FETCH_RECORDS
            )
        except OffsetOutOfRangeError:
            raise
        except (KafkaError, OSError) as cause:
            raise self._access.failed(cause) from cause
        if found:
            self._answered_at = time.monotonic()
        elif time.monotonic() - self._answered_at > self._patience_s / 4:
            await self._check_alive()
        return found

    async def position(self, tp: TopicPartition) -> int:
        """The offset that is read next, past control records and gaps."""
        return int(await self._started.position(tp))

    def end_of(self, tp: TopicPartition) -> int | None:
        """The log's end as the last fetch saw it."""
        end = self._started.last_stable_offset(tp)
        return None if end is None or end < 0 else int(end)

    async def _check_alive(self) -> None:
        try:
            await self.ranges()
        except BrokerError:
            if time.monotonic() - self._answered_at > self._patience_s:
                raise

    @property
    def _started(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            raise RuntimeError("start() comes first")
        return self._consumer
