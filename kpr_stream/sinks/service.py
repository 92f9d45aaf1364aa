"""Run the sink's loop: fetch and decode a batch while the database writes the one before."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import mode
from aiokafka import ConsumerRecord, TopicPartition
from mode.utils.locks import Event

from kpr_stream.errors import BrokerError, KprError, OutsideLogError, TablesReplacedError
from kpr_stream.kafka.partition_reader import Fetched, LogRange, PartitionReader
from kpr_stream.metrics.health import Health
from kpr_stream.sinks.batch import write_of
from kpr_stream.sinks.by_value.batch import value_write
from kpr_stream.sinks.persist import PATIENCE_S, open_patiently, persist, with_patience
from kpr_stream.sinks.position import (
    Advance,
    LogState,
    Position,
    advanced,
    is_of_another_topic,
    rebuild_due,
    rebuilt,
    step,
)
from kpr_stream.sinks.progress import SinkProgress
from kpr_stream.sinks.store import SinkStore, SinkWrite, rows_changed
from kpr_stream.sinks.tables import Sink
from kpr_stream.sinks.traced import trace_rows
from kpr_stream.traces.spans import NO_TRACES, Traces

logger = logging.getLogger(__name__)

CHECK_TOPICS_S = 5.0
"""How often the ids of the topics are compared. A topic that is made again while the sink runs is
read from the middle for this long at most; the rebuild that follows reads it whole."""
MEASURE_S = 5.0
"""How often the ends of the topics are asked for. Nothing is fetched while the database is
away, and the lag must grow all the same."""
MEASURE_WITHIN_S = 4.0
"""How long the answer may take: before the next question."""
STALLED_S = 30.0
"""A reader that gives nothing for this long, while records wait, is replaced by a new one. Once a
sink received nothing more after its broker had hung, and nothing else would have ended that."""
NOTE_EVERY = timedelta(hours=1)
"""An idle position is noted again this often, so that only a stopped sink's position looks old."""


@dataclass(slots=True)
class SinkTotals:
    """What a run has done so far."""

    records: int = 0
    rows: int = 0
    batches: int = 0
    rebuilds: int = 0
    caught_up: bool = False


class SinkService(mode.Service):
    """Mirrors topics into tables until it is stopped, or has caught up with where they ended.

    ``finished`` is set then.
    A KprError that ends it is its ``failure``, any other error its ``crash_reason``. A batch is
    written whole or not at all. ``patience_s`` is how long it waits for the database.
    """

    def __init__(
        self,
        sink: Sink,
        reader: PartitionReader,
        store: SinkStore,
        progress: SinkProgress,
        health: Health,
        *,
        until_caught_up: bool = False,
        traces: Traces = NO_TRACES,
        patience_s: float = PATIENCE_S,
    ) -> None:
        super().__init__()
        self.totals = SinkTotals()
        self.finished = Event()
        self.failure: KprError | None = None
        self._sink = sink
        self._reader = reader
        self._store = store
        self._progress = progress
        self._health = health
        self._traces = traces
        self._patience_s = patience_s
        health.add(progress.against_ready)
        self._until_caught_up = until_caught_up
        self._positions: dict[TopicPartition, Position] = {}
        self._goal: dict[TopicPartition, int] = {}
        self._writing: asyncio.Task[None] | None = None
        self._checked_at = time.monotonic()

    async def on_start(self) -> None:
        """Take the lock, connect, find where reading resumes."""
        # Before it connects: a database that hangs then is a reason as well.
        self.add_future(self._health.run())
        await open_patiently(
            self._store, patience_s=self._patience_s, retried=self._progress.retried
        )
        await self._reader.start()
        await self._place()

    async def on_shutdown(self) -> None:
        """Close broker and database; what was not committed is read again at the next start."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        await self._reader.close()
        await self._store.close()

    @mode.Service.task
    async def _run(self) -> None:
        # Caught here: mode would log the chain of causes, and a driver's error may quote a row.
        try:
            await self._mirror()
        except KprError as error:
            self.failure = error
        self.finished.set()

    async def _mirror(self) -> None:
        while True:
            try:
                await self._follow()
                await self._written()
            except TablesReplacedError as replaced:
                logger.info("%s", replaced.message)
                await self._place()
            else:
                return

    async def _follow(self) -> None:
        """Take what is fetched, until the service stops or has caught up."""
        while not self.should_stop:
            await self._check_topics()
            try:
                with self._progress.fetching():
                    fetched = await self._reader.fetch()
            except OutsideLogError:
                await self._written()
                await self._place()
                continue
            self._progress.fetched(fetched, self._reader.end_of)
            await self._take(fetched)
            if self._progress.stalled_s() > STALLED_S:
                await self._read_afresh()
            if self._until_caught_up and await self._reached():
                self.totals.caught_up = True
                break

    async def _take(self, fetched: Fetched) -> None:
        # In a thread: Polars releases the interpreter lock, and the loop feeds COPY meanwhile.
        writes = await asyncio.to_thread(self._decode, fetched)
        await self._written()
        steps = await self._steps(set(fetched))
        if not steps:
            return
        now = datetime.now(UTC)
        for s in steps:
            tp = TopicPartition(s.topic, s.partition)
            self._positions[tp] = advanced(self._positions[tp], s, now)
        self._writing = asyncio.create_task(self._write(writes, steps, fetched))

    def _decode(self, fetched: Fetched) -> list[SinkWrite]:
        by_topic: dict[str, list[ConsumerRecord]] = {}
        for tp, found in fetched.items():
            by_topic.setdefault(tp.topic, []).extend(found)
        return [
            *(
                write_of(table, by_topic[table.topic], self._epochs(table.topic))
                for table in self._sink.tables
                if table.topic in by_topic
            ),
            *(
                value_write(one, by_topic[one.topic], self._epochs(one.topic))
                for one in self._sink.value_topics
                if one.topic in by_topic
            ),
        ]

    async def _steps(self, fetched: set[TopicPartition]) -> list[Advance]:
        """Return the steps: of partitions with records, past control records, or noted long ago."""
        now = datetime.now(UTC)
        steps = []
        for tp, position in self._positions.items():
            next_offset = await self._reader.position(tp)
            move = step(tp.topic, tp.partition, position, next_offset)
            moved = tp in fetched or (not fetched and next_offset > position.next_offset)
            if moved or move.ends_rebuild or now - position.noted_at > NOTE_EVERY:
                steps.append(move)
        return steps

    async def _write(self, writes: list[SinkWrite], steps: list[Advance], fetched: Fetched) -> None:
        started, began_s = time.perf_counter(), time.time()
        rebuilding = {tp for tp, p in self._positions.items() if p.rebuild_until is not None}
        with self._progress.writing():
            await persist(
                self._store,
                writes,
                steps,
                patience_s=self._patience_s,
                retried=self._progress.retried,
            )
        rows = sum(rows_changed(w) for w in writes)
        self.totals.records += sum(len(found) for found in fetched.values())
        self.totals.rows += rows
        self.totals.batches += 1
        live = {tp: found for tp, found in fetched.items() if tp not in rebuilding}
        trace_rows(self._traces, self._sink.kind, live, began_s=began_s)
        self._progress.written(rows, time.perf_counter() - started, bool(fetched), live)
        for s in steps:
            self._progress.placed(TopicPartition(s.topic, s.partition), s.next_offset)

    @mode.Service.timer(MEASURE_S)
    async def _measure(self) -> None:
        try:
            ranges = await self._reader.ranges(within_s=MEASURE_WITHIN_S)
        except BrokerError as cause:
            self._progress.unanswered(cause)
        else:
            self._progress.measured({tp: log.end for tp, log in ranges.items()})

    async def _read_afresh(self) -> None:
        """Replace the connection to Kafka, and resume from the stored positions."""
        logger.warning(
            "Records wait on the topics, and none has arrived for %.0f s; connecting again.",
            self._progress.stalled_s(),
        )
        await self._written()
        await self._reader.close()
        await self._reader.start()
        await self._place()

    async def _written(self) -> None:
        """Wait for the batch that is being written, and raise its error."""
        writing, self._writing = self._writing, None
        if writing is not None:
            await writing

    async def _place(self) -> None:
        """Read every partition from its stored position, or rebuild it if that is unusable."""
        # Before the ranges: of a topic made again in between, the next check finds another id.
        ids = await self._reader.topic_ids()
        ranges = await self._reader.ranges()

        async def place(_: bool) -> None:  # noqa: FBT001 - as with_patience calls it
            await self._place_all(ranges, ids)

        await with_patience(
            self._store,
            place,
            what="the positions are not placed yet",
            patience_s=self._patience_s,
            retried=self._progress.retried,
        )
        self._progress.restarted()
        self._goal = self._goal or {tp: log.end for tp, log in ranges.items()}
        self._reader.read_from({tp: p.next_offset for tp, p in self._positions.items()})
        for tp in ranges:
            self._progress.placed(tp, self._positions[tp].next_offset)
        self._progress.measured({tp: log.end for tp, log in ranges.items()})

    async def _place_all(
        self, ranges: Mapping[TopicPartition, LogRange], ids: Mapping[str, str]
    ) -> None:
        now = datetime.now(UTC)
        known = await self._store.positions()
        adopted = 0
        for tp, log in ranges.items():
            state = LogState(log.begin, log.end, ids[tp.topic])
            stored = known.get((tp.topic, tp.partition))
            due = None if stored is None else rebuild_due(stored, state, now)
            if stored is None:
                position = Position(
                    next_offset=log.begin,
                    epoch=1,
                    rebuild_until=None,
                    noted_at=now,
                    topic_id=state.topic_id,
                )
            elif due is not None:
                position = rebuilt(stored, state, now, due)
            else:
                position = replace(stored, topic_id=state.topic_id)
            if position != stored:
                await self._store.place(tp.topic, tp.partition, position)
            self._positions[tp] = position
            if stored is not None and due is not None:
                self._report_rebuild(tp, stored, state.topic_id, due.reason)
            elif stored is not None and stored.topic_id is None:
                adopted += 1
        if adopted:
            logger.info("%d positions had no topic id and belong to the topics of today.", adopted)

    def _report_rebuild(
        self, tp: TopicPartition, stored: Position, topic_id: str, reason: str
    ) -> None:
        """Count and log a rebuild, once it is stored: a failed attempt to store it counts none."""
        logger.log(
            logging.ERROR if is_of_another_topic(stored, topic_id) else logging.WARNING,
            "%s, partition %d: the position %d cannot be resumed, %s; "
            "reading it again from the beginning.",
            *(tp.topic, tp.partition, stored.next_offset, reason),
        )
        self.totals.rebuilds += 1
        self._progress.rebuilt()

    async def _check_topics(self) -> None:
        """Place everything again if a topic was made again; TopicChangedError for new partitions.

        A broker that does not answer is left to the fetches, which have their own patience.
        """
        if time.monotonic() - self._checked_at < CHECK_TOPICS_S:
            return
        self._checked_at = time.monotonic()
        try:
            ids = await self._reader.topic_ids()
        except BrokerError as cause:
            logger.warning("The topics cannot be checked: %s", cause)
            return
        if any(is_of_another_topic(p, ids[tp.topic]) for tp, p in self._positions.items()):
            await self._written()
            await self._place()

    async def _reached(self) -> bool:
        for tp, end in self._goal.items():
            if await self._reader.position(tp) < end:
                return False
        return True

    def _epochs(self, topic: str) -> dict[int, int]:
        return {tp.partition: p.epoch for tp, p in self._positions.items() if tp.topic == topic}
