"""Opening and closing lanes as the group hands them over. docs/flow/9-hand-over.md draws it.

Open, after a rebalance is complete and under a lock: fence ALL lanes, catch their ledgers up,
read the committed offsets again, then take only records of this generation. Close, before
partitions are given away: stop taking, end or abandon what is in flight.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from kpr_stream.access import KafkaAccess
from kpr_stream.errors import LaneSplitError
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.topics import SOURCE_TOPICS
from kpr_stream.processor.budget import Budget
from kpr_stream.processor.commit import StepHook
from kpr_stream.processor.emit import Emitter, read_unit
from kpr_stream.processor.frames import FrameStage
from kpr_stream.processor.lane import LaneQueue
from kpr_stream.processor.ledger import Ledger, LedgerMemory
from kpr_stream.processor.observe import Observer
from kpr_stream.processor.open_alone import OpenAlone
from kpr_stream.processor.open_lane import OpenLane
from kpr_stream.processor.output_reader import OutputReader
from kpr_stream.processor.producer import LaneProducer
from kpr_stream.processor.remember import read_offset, source_key, unit_entry_key
from kpr_stream.processor.settle import Unit
from kpr_stream.processor.suspect import Suspicion
from kpr_stream.processor.work import LaneWork

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Flow:
    """What the consumer can do for a lane: pause and resume its fetching, read again."""

    pause: Callable[[int], None]
    resume: Callable[[int], None]
    seek: Callable[[int, int, int], None]
    """(topic index, lane, offset)"""
    pause_topic: Callable[[int, int], None]
    """(topic index, lane)"""
    resume_topic: Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Isolation:
    """What keeps a record that kills processes away from the others."""

    alone: OpenAlone
    suspicion: Callable[[int], Suspicion]
    """Of a lane, as it stands when the lane is opened."""


@dataclass(frozen=True, slots=True)
class LaneLimits:
    """How much one micro-batch takes."""

    max_items: int
    max_bytes: int


class Lanes:
    """All lanes of this worker. ``died`` must end the process."""

    def __init__(
        self,
        *,
        access: KafkaAccess,
        group: str,
        ledger_dir: Path,
        frames: FrameStage,
        emitter: Emitter,
        isolation: Isolation,
        flow: Flow,
        limits: LaneLimits,
        observer: Observer,
        after_step: StepHook,
        died: Callable[[BaseException], None],
    ) -> None:
        self._access, self._group, self._ledger_dir = access, group, ledger_dir
        self._frames, self._emitter, self._flow, self._limits = frames, emitter, flow, limits
        self._observer, self._after_step, self.died = observer, after_step, died
        self._isolation = isolation
        self._budget = Budget()
        self._memory = LedgerMemory()
        self._ledgers: dict[int, Ledger] = {}
        self._lanes: dict[int, OpenLane] = {}
        self._lock = asyncio.Lock()
        self._opening: asyncio.Task[None] | None = None
        self.generation: int | None = None

    @property
    def open_lanes(self) -> Mapping[int, OpenLane]:
        """The lanes that are served now."""
        return self._lanes

    def stuck_lane(self, seconds: float) -> int | None:
        """A lane that has had work but no progress for so long, or None."""
        for number, lane in self._lanes.items():
            if lane.standing_for() > seconds:
                return number
        return None

    def observe(self) -> None:
        """Tell the observer what waits in each lane."""
        for number, lane in self._lanes.items():
            self._observer.waiting(number, lane.queue.waiting, self._ledgers[number].entry_count())

    def offer(self, record: SourceRecord) -> None:
        """Hand a record to its lane; dropped if the lane is not open here."""
        lane = self._lanes.get(record.partition)
        if lane is not None:
            lane.queue.offer(record)

    async def open(self, generation: int, lanes: Sequence[int]) -> None:
        """Open lanes for a generation of the group; returns when they serve, or when a revoke
        has cancelled it. A failure ends the process."""
        self.generation = generation
        self._opening = asyncio.create_task(self._open_all(generation, lanes))
        try:
            await self._opening
        except asyncio.CancelledError:
            if not self._opening.cancelled():
                raise
            log.info("opening for generation %d was cancelled by a new rebalance", generation)
        except Exception as cause:  # noqa: BLE001 - a worker that cannot open must not stay
            self.died(cause)

    async def close(self) -> None:
        """Close all lanes; an opening in progress is cancelled first."""
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
            producers = {lane: self._producer(lane) for lane in lanes}
            served = False
            try:
                await asyncio.gather(*(p.fence() for p in producers.values()))
                starts, read = await self._catch_up(lanes)
                if self.generation == generation:
                    for lane in lanes:
                        self._lanes[lane] = self._serve(lane, producers[lane], starts[lane])
                    served = True
            finally:
                if not served:
                    await asyncio.gather(
                        *(p.close() for p in producers.values()), return_exceptions=True
                    )
            seconds = perf_counter() - began
            for lane in self._lanes:
                blocked = blocked_units(self._ledger(lane))
                # What was read is told once, with the first lane: one catch-up reads for all.
                self._observer.lane_opened(lane, seconds, read, blocked)
                read = 0
            log.info("lanes %s are open after %.2f s", sorted(self._lanes), seconds)

    async def _close_all(self) -> None:
        lanes, self._lanes = list(self._lanes.values()), {}
        await asyncio.gather(*(lane.close() for lane in lanes))
        self._budget = Budget()

    async def _catch_up(self, lanes: Sequence[int]) -> tuple[dict[int, list[int]], int]:
        """Where each source topic goes on: the later of the group's offset and the ledger's."""
        ledgers = {lane: self._ledger(lane) for lane in lanes}
        async with OutputReader(self._access, self._group) as reader:
            read = await reader.catch_up(ledgers)
            committed = await reader.committed(lanes)
        starts = {
            lane: [
                max(offset, read_offset(ledgers[lane].get(source_key(index))))
                for index, offset in enumerate(committed[lane])
            ]
            for lane in lanes
        }
        return starts, read

    async def _reopen(self, lane: int) -> tuple[LaneProducer, list[int]]:
        producer = self._producer(lane)
        await producer.fence()
        starts, _ = await self._catch_up((lane,))
        return producer, starts[lane]

    def _serve(self, lane: int, producer: LaneProducer, next_offsets: list[int]) -> OpenLane:
        ledger = self._ledger(lane)
        return OpenLane(
            lane,
            group=self._group,
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
            work=LaneWork(
                ledger,
                self._frames,
                self._isolation.alone,
                self._isolation.suspicion(lane),
                self._emitter,
                self._limits.max_items,
            ),
            reopen=self._reopen,
            after_step=self._after_step,
            observer=self._observer,
            died=self.died,
        )

    def _producer(self, lane: int) -> LaneProducer:
        return LaneProducer(self._access, transactional_id=f"{self._group}-{lane}", lane=lane)

    def _ledger(self, lane: int) -> Ledger:
        if lane not in self._ledgers:
            self._ledgers[lane] = Ledger(self._ledger_dir / f"lane-{lane}", self._memory)
        return self._ledgers[lane]


def blocked_units(ledger: Ledger) -> list[Unit]:
    """The units that a ledger remembers as waiting for a corrected delivery."""
    states = (read_unit(value) for _, value in ledger.entries_from(unit_entry_key(b"")))
    return [(s.system, s.org_nr) for s in states if s.blocked_since is not None]


def whole_lanes(assigned: Mapping[str, set[int]]) -> list[int]:
    """The lanes of an assignment (partitions by topic). LaneSplitError if a topic's partitions
    differ from another's: this worker would hold a part of a lane."""
    sets = [assigned.get(topic, set()) for topic in SOURCE_TOPICS]
    if any(partitions != sets[0] for partitions in sets):
        raise LaneSplitError(
            "The group gave this worker different partitions of its source topics.",
            what_to_do="Keep table_standby_replicas at 1, and give every source topic the same "
            "number of partitions.",
        )
    return sorted(sets[0])
