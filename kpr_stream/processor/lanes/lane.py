"""An open lane: its queue, its producer, its ledger, and the task that serves it."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from aiokafka.errors import KafkaError

from kpr_stream.errors import (
    BrokerError,
    KprError,
    LaneFencedError,
    LedgerBrokenError,
    OutputRefusedError,
)
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.stages import Measure, unmeasured
from kpr_stream.processor.adapters.ledger import Ledger
from kpr_stream.processor.adapters.producer import LaneProducer
from kpr_stream.processor.lanes.commit import (
    AbortNeededError,
    CommitContext,
    StepHook,
    commit_batch,
)
from kpr_stream.processor.lanes.observer import Observer
from kpr_stream.processor.lanes.process_command import log_executed
from kpr_stream.processor.lanes.process_deliveries import LaneWork
from kpr_stream.processor.lanes.queue import LaneQueue
from kpr_stream.processor.lanes.traced import TracedBatch
from kpr_stream.traces.spans import NO_TRACES, Traces

log = logging.getLogger(__name__)

IN_FLIGHT_S: Final = 5.0
"""A revoke waits this long for the transaction in flight, then abandons it: the group waits too."""
CLOSE_PRODUCER_S: Final = 2.0
"""How long a producer may take to stop: one whose broker is gone would hold up the rebalance."""
RETRY_FIRST_S: Final = 0.2
RETRY_MOST_S: Final = 5.0
"""An output that the broker refuses is tried again at this pace. Its lane waits, no other does: the
watchdog, which would end the worker with all its lanes, counts each refusal as a sign of life."""

Reopen = Callable[[int], Awaitable[tuple[LaneProducer, list[int]]]]
"""Fences, catches up and reads the committed offsets of a lane: a producer, and where to resume."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneSetup:
    """What all lanes of a worker have in common."""

    group: str
    after_step: StepHook
    observer: Observer
    died: Callable[[BaseException], None]
    """Called with the cause if a lane cannot continue; must end the process."""
    measure: Measure = unmeasured
    traces: Traces = NO_TRACES


class OpenLane:
    """Serves one lane until closed; calls ``died`` with the cause if the lane cannot continue."""

    def __init__(
        self,
        lane: int,
        setup: LaneSetup,
        *,
        queue: LaneQueue,
        producer: LaneProducer,
        ledger: Ledger,
        work: LaneWork,
        reopen: Reopen,
    ) -> None:
        self.lane = lane
        self.queue = queue
        self._setup, self._observer, self._died = setup, setup.observer, setup.died
        self._producer, self._ledger, self._work = producer, ledger, work
        self._reopen = reopen
        self._idle = asyncio.Event()
        self._idle.set()
        self._closing = False
        self._began = 0.0
        self._last_commit = perf_counter()
        self._refused_at = -math.inf
        self._traced = TracedBatch(setup.traces, ())
        self._task = asyncio.create_task(self._serve(), name=f"lane-{lane}")

    def stalled_for(self) -> float:
        """Seconds since this lane last made progress, while it has work; 0 without work."""
        now = perf_counter()
        since, gap = self.queue.waiting_since, self.queue.gap_since
        progressed = max(self._last_commit, self._refused_at, self._work.progressed(self.lane))
        return max(
            0.0 if since is None else now - max(since, progressed),
            0.0 if gap is None else now - gap,
        )

    async def close(self) -> None:
        """Stop taking, let the transaction in flight end or abandon it, stop the producer."""
        self._closing = True
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), IN_FLIGHT_S)
        self._task.cancel()
        await asyncio.wait((self._task,), timeout=CLOSE_PRODUCER_S)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._producer.close(), CLOSE_PRODUCER_S)
        self._observer.lane_closed(self.lane)

    async def _serve(self) -> None:
        try:
            retry = RETRY_FIRST_S
            while not self._closing:
                try:
                    await self._one_transaction()
                    retry = RETRY_FIRST_S
                except AbortNeededError as abort:
                    await self._abort(abort)
                    await self._reopen_with_retries(retry)
                    retry = min(2 * retry, RETRY_MOST_S)
                finally:
                    self._idle.set()
        except asyncio.CancelledError as stray:
            if not self._closing:
                self._died(stray)
            raise
        except Exception as cause:  # noqa: BLE001 - whatever ends a lane ends the process
            self._died(cause)

    async def _one_transaction(self) -> None:
        decided = await commit_batch(
            CommitContext(
                lane=self.lane,
                group=self._setup.group,
                take=self._take,
                decide=self._work.decide,
                producer=self._producer,
                ledger=self._ledger,
                after_step=self._setup.after_step,
                measure=self._setup.measure,
            )
        )
        self.queue.done(decided.taken)
        self._last_commit = perf_counter()
        self._traced.committed(decided.deliveries)
        self._observer.committed(self.lane, self._last_commit - self._began, decided.deliveries)
        for done in decided.commands:
            log_executed(done)
            self._observer.executed(self.lane, done)

    async def _take(self) -> Sequence[SourceRecord]:
        records = await self.queue.take()
        self._idle.clear()
        self._began = perf_counter()
        self._traced = TracedBatch(self._setup.traces, records)
        self._producer.more_headers = self._traced.headers
        return records

    async def _abort(self, abort: AbortNeededError) -> None:
        cause = abort.__cause__
        log.warning("lane %d aborts and decides again: %s", self.lane, _describe(cause))
        self._observer.aborted(self.lane)
        if isinstance(cause, OutputRefusedError):
            self._refused_at = perf_counter()
        self.queue.release_turn()
        if isinstance(cause, LedgerBrokenError):
            self._ledger.wipe()
        try:
            await self._producer.abort()
        except LaneFencedError:
            raise  # opening the lane again would fence the new owner
        except Exception as failed:  # noqa: BLE001 - the broker may be the very reason
            # The next fence ends the transaction anyway.
            log.info("lane %d: the abort failed too (%s)", self.lane, type(failed).__name__)
        await self._producer.close()

    async def _reopen_with_retries(self, first_wait: float) -> None:
        """Open the lane again in full; retry while the broker is away.

        Stop retrying once the lane is closing: another worker may own it, and fencing would kill
        that worker. The watchdog ends this process if the broker stays away.
        """
        wait = first_wait
        while True:
            await asyncio.sleep(wait)
            if self._closing:
                return
            try:
                self._producer, next_offsets = await self._reopen(self.lane)
            except (BrokerError, KafkaError) as cause:
                log.warning("lane %d cannot be opened yet: %s", self.lane, _describe(cause))
                wait = min(2 * wait, RETRY_MOST_S)
            else:
                self.queue.restart(next_offsets)
                return


def _describe(cause: BaseException | None) -> str:
    """An error of ours in words; any other by its type alone, since its text may quote a record."""
    return str(cause) if isinstance(cause, KprError) else type(cause).__name__
