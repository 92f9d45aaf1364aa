"""Make lanes ready: fence them, bring their ledgers up to date, find out where they resume.

Ledgers that are nearly up to date are caught up on the event loop, all of them together. A ledger
that has much to read is rebuilt in a thread, with a consumer and a loop of its own. Meanwhile the
worker serves its other lanes and keeps heartbeating.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Final

from aiokafka import TopicPartition

from kpr_stream.errors import LedgerBrokenError
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.processor.adapters.ledger import Ledger, LedgerMemory
from kpr_stream.processor.adapters.output_reader import OutputReader
from kpr_stream.processor.adapters.producer import LaneProducer
from kpr_stream.processor.lanes.observer import Observer
from kpr_stream.processor.state.topic_notes import Ids, Resume

log = logging.getLogger(__name__)

WARM_OFFSETS: Final = 20_000
"""A ledger that is at most this far behind is read on the event loop: about 0.3 s."""

NextOffsets = list[int]
"""Where each source topic of a lane resumes."""


class Opener:
    """Makes lanes ready to be served; owns the ledgers of this process."""

    def __init__(
        self,
        access: KafkaAccess,
        group: str,
        *,
        ledger_dir: Path,
        observer: Observer,
        now: Callable[[], int],
        warm_offsets: int = WARM_OFFSETS,
    ) -> None:
        self._access, self._group, self._ledger_dir = access, group, ledger_dir
        self._observer, self._now, self._warm_offsets = observer, now, warm_offsets
        self._memory = LedgerMemory()
        self._ledgers: dict[int, Ledger] = {}
        self._progressed: dict[int, float] = {}
        self._producers: dict[int, LaneProducer] = {}
        self.topic_ids: Ids = {}
        """The ids of all topics, as the last opening saw them."""

    def ledger(self, lane: int) -> Ledger:
        """A lane's ledger, opened at first need and kept open."""
        if lane not in self._ledgers:
            self._ledgers[lane] = Ledger(self._ledger_dir / f"lane-{lane}", self._memory)
        return self._ledgers[lane]

    def close(self) -> None:
        """Close the ledgers; no lane of this process may still be served."""
        for ledger in self._ledgers.values():
            ledger.close()
        self._ledgers.clear()

    async def fence(self, lanes: Sequence[int]) -> dict[int, LaneProducer]:
        """Start the producers of all lanes, or of none: after it no earlier owner can commit."""
        producers = {lane: self._producer(lane) for lane in lanes}
        try:
            await asyncio.gather(*(p.fence() for p in producers.values()))
        except BaseException:
            await close_all(producers.values())
            raise
        self._producers |= producers
        return producers

    async def catch_up(self, lanes: Sequence[int]) -> tuple[dict[int, NextOffsets], list[int]]:
        """Catch up the ledgers that are nearly up to date. Only after ``fence``.

        Returns where their lanes resume, and the lanes whose ledgers have much to read.
        """
        ledgers = {lane: self.ledger(lane) for lane in lanes}
        async with OutputReader(self._access, self._group) as reader:
            for _ in lanes:
                try:
                    return await self._catch_up(reader, ledgers)
                except LedgerBrokenError as broken:
                    # Its files are deleted; the next attempt starts with an empty ledger.
                    log.warning("%s", broken)
            return await self._catch_up(reader, ledgers)

    async def _catch_up(
        self, reader: OutputReader, ledgers: Mapping[int, Ledger]
    ) -> tuple[dict[int, NextOffsets], list[int]]:
        behind = await reader.behind(ledgers, now=self._now())
        for lane, left in behind.items():
            self._observer.opening(lane, left)
        cold = [lane for lane in ledgers if behind[lane] > self._warm_offsets]
        warm = {lane: ledger for lane, ledger in ledgers.items() if lane not in cold}
        if not warm:
            return {}, cold
        await reader.catch_up(warm, progress=self._observer.ledger_read)
        for lane in warm:
            self._observer.opening(lane, 0)
        found = await reader.next_offsets(warm)
        return {lane: await self._note(lane, reader.ids, at) for lane, at in found.items()}, cold

    async def _note(self, lane: int, ids: Ids, found: Resume) -> NextOffsets:
        """Let the lane's commits name their topics; commit positions that do not name them yet."""
        self.topic_ids = ids
        producer = self._producers[lane]
        producer.notes = found.notes
        if found.unnoted:
            unnoted = {TopicPartition(topic, lane): at for topic, at in found.unnoted.items()}
            await producer.commit_offsets(unnoted, self._group)
        if found.adopted:
            log.info(
                "lane %d: %d positions of an earlier release belong to the topics of today",
                *(lane, found.adopted),
            )
        return found.offsets

    async def rebuild(self, lane: int, stopped: Callable[[], bool]) -> NextOffsets:
        """Rebuild one ledger in a thread; where its lane resumes. Only after ``fence``.

        Raises StoppedError soon after ``stopped`` returns True. If the caller is cancelled, the
        thread runs until then: wait for it before the ledger is used again.
        """
        began = perf_counter()
        self._progressed[lane] = began
        try:
            ids, found = await asyncio.to_thread(self._rebuild, lane, stopped)
            return await self._note(lane, ids, found)
        finally:
            del self._progressed[lane]
            log.info("ledger of lane %d: read for %.1f s", lane, perf_counter() - began)

    async def reopen(self, lane: int) -> tuple[LaneProducer, NextOffsets]:
        """Open one lane again in full, after an abort."""
        producers = await self.fence((lane,))
        try:
            starts, cold = await self.catch_up((lane,))
            if cold:
                starts[lane] = await self.rebuild(lane, lambda: False)
        except BaseException:
            await close_all(producers.values())
            raise
        return producers[lane], starts[lane]

    def stalled_rebuild(self, seconds: float) -> int | None:
        """A lane whose rebuild has made no progress for this many seconds, or None."""
        now = perf_counter()
        late = (lane for lane, at in self._progressed.items() if now - at > seconds)
        return next(late, None)

    def _rebuild(self, lane: int, stopped: Callable[[], bool]) -> tuple[Ids, Resume]:
        return asyncio.run(self._read(lane, stopped))

    async def _read(self, lane: int, stopped: Callable[[], bool]) -> tuple[Ids, Resume]:
        ledgers = {lane: self.ledger(lane)}

        left = 0

        def progress(records: int) -> None:
            nonlocal left
            left = max(0, left - records)
            self._progressed[lane] = perf_counter()
            self._observer.ledger_read(records)
            self._observer.opening(lane, left)

        async with OutputReader(self._access, self._group) as reader:
            try:
                left = (await reader.behind(ledgers, now=self._now()))[lane]
                await reader.catch_up(ledgers, progress=progress, stopped=stopped)
            except LedgerBrokenError:
                ledgers[lane].wipe()
                left = (await reader.behind(ledgers, now=self._now()))[lane]
                await reader.catch_up(ledgers, progress=progress, stopped=stopped)
            self._observer.opening(lane, 0)
            return reader.ids, (await reader.next_offsets(ledgers))[lane]

    def _producer(self, lane: int) -> LaneProducer:
        return LaneProducer(self._access, transactional_id=f"{self._group}-{lane}", lane=lane)


async def close_all(producers: Iterable[LaneProducer]) -> None:
    """Close producers, and ignore their errors."""
    await asyncio.gather(*(p.close() for p in producers), return_exceptions=True)
