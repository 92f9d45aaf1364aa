"""Open and close lanes as the group assigns them. docs/flow/9-hand-over.md draws it.

Open, after a rebalance is complete and under a lock: fence ALL lanes, catch up their ledgers, read
the committed offsets again, then take only records of this generation. Close, before partitions are
given away: stop taking, end or abandon the transaction in flight.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from kpr_stream.errors import LaneSplitError
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.topics import SOURCE_TOPICS
from kpr_stream.model.words import SYSTEMS
from kpr_stream.processor.adapters.ledger import Ledger
from kpr_stream.processor.adapters.output_reader import StoppedError
from kpr_stream.processor.adapters.producer import LaneProducer
from kpr_stream.processor.lanes.budget import Budget
from kpr_stream.processor.lanes.lane import LaneSetup, OpenLane
from kpr_stream.processor.lanes.process_deliveries import LaneWork
from kpr_stream.processor.lanes.queue import LaneQueue
from kpr_stream.processor.lanes.recovery import Opener, close_all

log = logging.getLogger(__name__)

MakeLaneWork = Callable[[int, Ledger], LaneWork]
"""Makes the object that decides the batches of a lane, from the lane's number and ledger."""

REBUILDS_AT_A_TIME: Final = 2
"""More rebuilds would share the same two cores and disk, and all lanes would open late."""


SLOW_S: Final = 15.0
"""A lane with work that commits nothing for this long makes no progress: a batch takes a second."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What the consumer does for a lane: pause or resume fetching, read again from an offset."""

    pause: Callable[[int], None]
    resume: Callable[[int], None]
    seek: Callable[[int, int, int], None]
    """(topic index, lane, offset)"""
    pause_topic: Callable[[int, int], None]
    """(topic index, lane)"""
    resume_topic: Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class LaneLimits:
    """The most that one micro-batch takes."""

    max_items: int
    max_bytes: int


class Lanes:
    """All lanes of this worker."""

    def __init__(
        self,
        setup: LaneSetup,
        *,
        opener: Opener,
        make_work: MakeLaneWork,
        before_serving: Callable[[], Awaitable[None]],
        flow: Flow,
        limits: LaneLimits,
    ) -> None:
        """``before_serving`` is awaited after catching up, and before any lane is served."""
        self._setup, self._observer, self.died = setup, setup.observer, setup.died
        self._opener, self._make_work = opener, make_work
        self._before_serving, self._flow, self._limits = before_serving, flow, limits
        self._budget = Budget()
        self._lanes: dict[int, OpenLane] = {}
        self._lock = asyncio.Lock()
        self._opening: asyncio.Task[None] | None = None
        self._rebuilds: set[asyncio.Task[None]] = set()
        self._two_at_a_time = asyncio.Semaphore(REBUILDS_AT_A_TIME)
        self.generation: int | None = None

    @property
    def open_lanes(self) -> Mapping[int, OpenLane]:
        """The lanes that are served now."""
        return self._lanes

    def stuck_lane(self, seconds: float) -> int | None:
        """A lane that has had work but no progress for this many seconds, or None."""
        for number, lane in self._lanes.items():
            if lane.stalled_for() > seconds:
                return number
        return self._opener.stalled_rebuild(seconds)

    def against_ready(self) -> str | None:
        """Return why this worker does not serve its lanes yet, or None."""
        if self.generation is None:
            return "The group has not assigned this worker its lanes yet."
        if self._opening is None or not self._opening.done():
            return "The lanes are being opened: their ledgers are caught up."
        lane = self.stuck_lane(SLOW_S)
        return lane if lane is None else f"Lane {lane} has work and commits nothing."

    async def observe(self) -> None:
        """Report what waits in each lane, and how large its ledger is."""
        for number, lane in [*self._lanes.items()]:
            ledger = self._opener.ledger(number)
            # A folder on a slow disk is listed beside the event loop.
            disk_bytes = await asyncio.to_thread(ledger.disk_bytes)
            if self._lanes.get(number) is not lane:
                continue  # closed meanwhile: its ledger cannot be asked any more
            self._observer.ledger_size(number, ledger.entry_count(), disk_bytes)
            self._observer.waiting(
                number,
                lane.queue.waiting,
                {
                    SYSTEMS[topic]: arrived
                    for topic, arrived in lane.queue.oldest().items()
                    if topic < len(SYSTEMS)
                },
            )

    def next_offsets(self) -> dict[tuple[int, int], int]:
        """The next offset to take, by (topic index, lane), of the lanes that are open here."""
        return {
            (topic_index, number): offset
            for number, lane in self._lanes.items()
            for topic_index, offset in enumerate(lane.queue.next_offsets)
        }

    def offer(self, record: SourceRecord) -> None:
        """Hand a record to its lane; dropped if the lane is not open here."""
        lane = self._lanes.get(record.partition)
        if lane is not None:
            lane.queue.offer(record)

    async def open(self, generation: int, lanes: Sequence[int]) -> None:
        """Open lanes for a generation of the group.

        Returns when they serve, or when a revoke has cancelled the opening. A failure ends the
        process.
        """
        self.generation = generation
        self._opening = asyncio.create_task(self._open_all(generation, lanes))
        try:
            await self._opening
        except asyncio.CancelledError as stray:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                # The caller is cancelled: the worker ends, and has called or will call ``close``.
                raise
            if self.generation == generation:
                # Not cancelled by a rebalance: no worker would ever open these lanes.
                self.died(stray)
            log.info("opening for generation %d was cancelled by a new rebalance", generation)
        except Exception as cause:  # noqa: BLE001 - a worker that cannot open must not stay
            self.died(cause)

    async def close(self) -> None:
        """Close all lanes; openings and rebuilds in progress are cancelled first."""
        self.generation = None
        if self._opening is not None and not self._opening.done():
            self._opening.cancel()
            with suppress(asyncio.CancelledError):
                await self._opening
        async with self._lock:
            await self._close_all()

    async def _open_all(self, generation: int, lanes: Sequence[int]) -> None:
        async with self._lock:
            await self._close_all()
            if not lanes:
                return
            began = perf_counter()
            producers = await self._opener.fence(lanes)
            try:
                starts, cold = await self._opener.catch_up(lanes)
                await self._before_serving()
                if self.generation != generation:
                    return
                for lane in cold:
                    self._flow.pause(lane)
                for lane, offsets in starts.items():
                    self._serve(lane, producers.pop(lane), offsets, perf_counter() - began)
                for lane in cold:
                    rebuild = self._rebuild(generation, lane, producers.pop(lane))
                    self._rebuilds.add(asyncio.create_task(rebuild, name=f"rebuild-{lane}"))
            finally:
                for lane in producers:  # those that are not served
                    self._observer.lane_closed(lane)
                await close_all(producers.values())
            log.info("lanes %s are open after %.2f s", sorted(starts), perf_counter() - began)

    async def _rebuild(self, generation: int, lane: int, producer: LaneProducer) -> None:
        """Rebuild one ledger while the other lanes are served; then serve this one too."""
        began = perf_counter()
        try:
            async with self._two_at_a_time:
                offsets = await self._opener.rebuild(lane, lambda: self.generation != generation)
            await self._before_serving()
        except StoppedError:
            offsets = []
        except Exception as cause:  # noqa: BLE001 - a worker that cannot open must not stay
            self.died(cause)
            return
        if self.generation != generation:
            self._observer.lane_closed(lane)
            await producer.close()
            return
        self._serve(lane, producer, offsets, perf_counter() - began)
        # Records that came while the lane was closed were dropped: read them again.
        for topic, offset in enumerate(offsets):
            self._flow.seek(topic, lane, offset)
        self._flow.resume(lane)
        log.info("lane %d is open after %.2f s", lane, perf_counter() - began)

    async def _close_all(self) -> None:
        # Rebuilds end soon, since their generation is over; until then a thread may use a ledger.
        rebuilds, self._rebuilds = self._rebuilds, set()
        await asyncio.gather(*rebuilds)
        lanes, self._lanes = list(self._lanes.values()), {}
        await asyncio.gather(*(lane.close() for lane in lanes))
        self._budget = Budget()

    def _serve(
        self, lane: int, producer: LaneProducer, next_offsets: list[int], seconds: float
    ) -> None:
        ledger = self._opener.ledger(lane)
        self._lanes[lane] = OpenLane(
            lane,
            self._setup,
            queue=LaneQueue(
                next_offsets,
                budget=self._budget,
                pause=lambda topic: self._flow.pause_topic(topic, lane),
                resume=lambda topic: self._flow.resume_topic(topic, lane),
                seek=lambda topic, offset: self._flow.seek(topic, lane, offset),
                max_records=self._limits.max_items,
                max_bytes=self._limits.max_bytes,
            ),
            producer=producer,
            ledger=ledger,
            work=self._make_work(lane, ledger),
            reopen=self._opener.reopen,
        )
        self._observer.lane_opened(lane, seconds)


def whole_lanes(assigned: Mapping[str, set[int]]) -> list[int]:
    """The lanes of an assignment (partitions by topic).

    LaneSplitError if the topics' partitions differ: this worker would hold a part of a lane.
    """
    sets = [assigned.get(topic, set()) for topic in SOURCE_TOPICS]
    if any(partitions != sets[0] for partitions in sets):
        counts = ", ".join(f"{t} {sorted(p)}" for t, p in zip(SOURCE_TOPICS, sets, strict=True))
        raise LaneSplitError(
            f"The group gave this worker different partitions of its source topics: {counts}.",
            what_to_do="Keep table_standby_replicas at 1, and give every source topic the same "
            "number of partitions.",
        )
    return sorted(sets[0])
