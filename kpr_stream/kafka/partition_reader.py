"""Read partitions from given offsets: the one reader under every reader of this project.

Read committed, by manual assignment, without a consumer group: the caller knows where to resume.
Gaps between offsets are normal (compaction, control records). The order of calls is ``start``,
``ranges``, ``read_from``, then ``fetch`` or ``until``, and ``close``.

Every failure is a BrokerError. Its message distinguishes a refused login, a missing right, a
missing topic and a silent broker. A position outside the log is an OutsideLogError. A topic with
other partitions than the contract is a TopicChangedError, which no retry heals.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from types import TracebackType
from typing import Any, Final, Self

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from kpr_stream.errors import BrokerError, OutsideLogError
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.close import close_consumer
from kpr_stream.kafka.connect import (
    ANSWER,
    CONNECT_S,
    diagnose_connection_failure,
    require_partition_count,
    require_topics,
    time_limit,
)
from kpr_stream.kafka.foreign import place_text
from kpr_stream.kafka.topic_ids import known_topics
from kpr_stream.process.outage import Outage

log = logging.getLogger(__name__)

ANSWER_S: Final = 30.0
"""For one question to the broker; aiokafka itself asks again for longer."""
SILENT_S: Final = 3.0
"""A broker that has given nothing for this long is asked whether it still answers."""
STILL_THERE_S: Final = 5.0
"""How long that answer may take. Together with SILENT_S a silence is reported within 10 s."""
WAIT_MS: Final = 200
"""How long a fetch waits where nothing comes; records end the wait at once."""

Fetched = dict[TopicPartition, list[ConsumerRecord]]


@dataclass(frozen=True, slots=True)
class LogRange:
    """A partition's log: its first offset, and the one after its last committed record."""

    begin: int
    end: int


class PartitionReader:
    """Reads partitions of some topics as one principal. For one event loop and one task."""

    def __init__(
        self,
        access: KafkaAccess,
        topics: Mapping[str, int],
        *,
        wait_ms: int = WAIT_MS,
        patience_s: float | None = None,
        connect_s: float = CONNECT_S,
        answer_s: float = ANSWER_S,
        **client: Any,  # noqa: ANN401 - handed to aiokafka as they are
    ) -> None:
        """Connect nothing yet.

        ``topics`` are names with their numbers of partitions. ``patience_s`` is how long the
        broker may be silent before ``fetch`` raises; without it the caller limits the time. In
        both cases the log reports the silence. ``connect_s`` is how long ``start`` may take,
        ``answer_s`` how long one answer.
        ``client`` are settings of aiokafka's consumer.
        """
        self._access, self._topics = access, topics
        self._wait_ms, self._patience_s = wait_ms, patience_s
        self._connect_s, self._answer_s = connect_s, answer_s
        self._settings = {
            "group_id": None,
            "enable_auto_commit": False,
            "isolation_level": "read_committed",
            "auto_offset_reset": "none",
            **client,
        }
        self._consumer: AIOKafkaConsumer | None = None
        self._silent_since: float | None = None
        self._outage = Outage(log)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def start(self) -> None:
        """Connect; BrokerError if the broker, the login, a right or a topic is missing."""
        # Made here and not before: aiokafka binds a consumer to the running event loop.
        self._consumer = AIOKafkaConsumer(**self._access.for_aiokafka(), **self._settings)
        try:
            async with time_limit(self._access, self._connect_s, ANSWER), self._reporting():
                await self._consumer.start()
                await require_topics(self._access, self._consumer, self._topics)
        except BaseException:
            # Also when cancelled: ``__aexit__`` is not called then.
            await self.close()
            raise

    async def close(self) -> None:
        """Close the connection, also while the broker is away."""
        if self._consumer is not None:
            await close_consumer(self._consumer)

    async def ranges(
        self,
        partitions: Collection[TopicPartition] | None = None,
        *,
        within_s: float | None = None,
    ) -> dict[TopicPartition, LogRange]:
        """Return the log's range of every partition, or of these."""
        asked = list(partitions if partitions is not None else self._all_partitions())
        async with self._asking(within_s or self._answer_s):
            begins = await self._started.beginning_offsets(asked)
            ends = await self._started.end_offsets(asked)
        return {p: LogRange(begins[p], ends[p]) for p in asked}

    async def topic_ids(self) -> dict[str, str]:
        """Return the ids of the reader's topics.

        TopicChangedError if one has other partitions than the contract, BrokerError if one is gone.
        """
        async with self._reporting(), time_limit(self._access, self._answer_s, "name its topics"):
            client = self._started._client  # noqa: SLF001 - no public call asks for ids
            found = await known_topics(client, self._topics)
        for topic, expected in self._topics.items():
            partitions = found[topic].partitions if topic in found else None
            require_partition_count(self._access, topic, partitions, expected)
        return {name: topic.id for name, topic in found.items()}

    async def offset_at(self, partition: TopicPartition, time_ms: int) -> int | None:
        """Return the first offset at or after a time (ms since 1970), or None."""
        found = await self.first_at(partition, time_ms)
        return None if found is None else found[0]

    async def first_at(self, partition: TopicPartition, time_ms: int) -> tuple[int, int] | None:
        """Return offset and time (ms) of the first record at or after a time, or None."""
        async with self._asking(self._answer_s):
            found = (await self._started.offsets_for_times({partition: time_ms}))[partition]
        return None if found is None else (int(found.offset), int(found.timestamp))

    def read_from(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Read these partitions and no others, each from its offset."""
        # No ``await`` between the two: aiokafka looks for a committed offset where it finds a
        # partition without a position.
        self._started.assign(list(offsets))
        for partition, offset in offsets.items():
            self._started.seek(partition, offset)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Read on from another offset; what was fetched beyond is dropped."""
        self._started.seek(partition, offset)

    async def fetch(self, *partitions: TopicPartition) -> Fetched:
        """Return the next records, in the order of each partition; nothing after a wait.

        OutsideLogError where the log does not have the position.
        """
        began = monotonic()
        async with self._reporting():
            # aiokafka hands out what it has fetched of a paused partition too, unless it is
            # called with the partitions that are wanted.
            found: Fetched = await self._started.getmany(*partitions, timeout_ms=self._wait_ms)
        if found and self._access.skipped:
            found = self._without_skipped(found)
        if found:
            self._answers()
        else:
            await self._check_silence(began)
        return found

    def _without_skipped(self, found: Fetched) -> Fetched:
        kept: Fetched = {}
        for tp, records in found.items():
            mine = []
            for record in records:
                place = (tp.topic, tp.partition, record.offset)
                if place in self._access.skipped:
                    log.warning("%s is left out, as KPR_SKIP_RECORDS says", place_text(place))
                else:
                    mine.append(record)
            if mine:
                kept[tp] = mine
        return kept

    async def until(self, ends: Mapping[TopicPartition, int]) -> AsyncIterator[Fetched]:
        """Yield what lies before ``ends``, fetch by fetch; a fetch may give nothing.

        A partition that has reached its end is not fetched any more.
        """
        consumer = self._started
        waiting = {p for p, end in ends.items() if await self.position(p) < end}
        consumer.pause(*(consumer.assignment() - waiting))
        consumer.resume(*(waiting & consumer.paused()))
        while waiting:
            found = await self.fetch(*waiting)
            yield {p: records for p, all_ in found.items() if (records := _before(all_, ends[p]))}
            reached = {p for p in waiting if await self.position(p) >= ends[p]}
            consumer.pause(*reached)
            waiting -= reached

    async def position(self, partition: TopicPartition) -> int:
        """Return the offset that is read next, past control records and gaps."""
        return int(await self._started.position(partition))

    def end_of(self, partition: TopicPartition) -> int | None:
        """Return the log's end as the last fetch saw it."""
        end = self._started.last_stable_offset(partition)
        return None if end is None or end < 0 else int(end)

    async def _check_silence(self, began: float) -> None:
        """Ask a broker that has been silent for a while; BrokerError past the patience."""
        if self._silent_since is None:
            self._silent_since = began
        patience_s = self._patience_s
        quiet_s = SILENT_S if patience_s is None else min(SILENT_S, patience_s / 4)
        if monotonic() - self._silent_since <= quiet_s:
            return
        try:
            async with self._asking(STILL_THERE_S):
                await self._started.end_offsets(list(self._started.assignment()))
        except BrokerError as silent:
            silent_s = monotonic() - self._silent_since
            if patience_s is not None and silent_s > patience_s:
                raise
            self._outage.failed("%s Nothing has come from it for %.0f s.", silent, silent_s)
        else:
            self._answers()

    def _answers(self) -> None:
        self._silent_since = None
        self._outage.ended("Kafka")

    @asynccontextmanager
    async def _asking(self, within_s: float) -> AsyncIterator[None]:
        what = f"say where {', '.join(self._topics)} begin and end"
        async with self._reporting(), time_limit(self._access, within_s, what):
            yield

    @asynccontextmanager
    async def _reporting(self) -> AsyncIterator[None]:
        try:
            yield
        except OffsetOutOfRangeError as cause:
            raise self._outside_log(cause) from cause
        except (KafkaError, OSError) as cause:
            raise await diagnose_connection_failure(self._access, cause) from cause

    def _outside_log(self, cause: OffsetOutOfRangeError) -> OutsideLogError:
        places = ", ".join(
            place_text((p.topic, p.partition, at)) for p, at in cause.args[0].items()
        )
        return OutsideLogError(
            f"Kafka at {self._access.bootstrap} does not have the position {places}: it lies "
            "outside the log.",
            what_to_do="Find out whether the topic was made again or records were removed.",
        )

    def _all_partitions(self) -> list[TopicPartition]:
        return [TopicPartition(topic, p) for topic, n in self._topics.items() for p in range(n)]

    @property
    def _started(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            raise RuntimeError("start() comes first")
        return self._consumer


def _before(records: list[ConsumerRecord], end: int) -> list[ConsumerRecord]:
    return records if records[-1].offset < end else [r for r in records if r.offset < end]
