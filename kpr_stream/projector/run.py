"""Run the projector as a process: open, carry, and open again after an outage."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aiokafka.errors import KafkaError
from prometheus_client import CollectorRegistry

from kpr_stream.errors import BrokerError, OutsideLogError
from kpr_stream.kafka.access import KafkaAccess, kafka_access
from kpr_stream.metrics.endpoint import serve
from kpr_stream.metrics.health import Health
from kpr_stream.metrics.instruments import Metrics, describe_process
from kpr_stream.metrics.metric import Process
from kpr_stream.metrics.projector import (
    PROJECTED,
    PROJECTOR_COMMITTED,
    PROJECTOR_HELD,
    PROJECTOR_LAG,
    PROJECTOR_OLDEST,
    PROJECTOR_POSITION,
)
from kpr_stream.model.topics import Role
from kpr_stream.process.outage import Outage
from kpr_stream.projector.partitions import Done, Projections
from kpr_stream.projector.waiting import Waiting
from kpr_stream.reference import load_reference
from kpr_stream.schemas.catalogue import contract_versions
from kpr_stream.settings import Settings

log = logging.getLogger(__name__)

NAME: Final = "projector"
RETRY_S: Final = 5.0
"""Before the next connection to a broker that is away."""
STARTING: Final = "The projector has not opened its partitions yet."


@dataclass(slots=True)
class ProjectorTotals:
    """What this process has committed."""

    shown: int = 0
    removed: int = 0
    held: int = 0


class Projector:
    """Carries records in rounds and notes what was done. For one task."""

    def __init__(self, projections: Projections, access: KafkaAccess, metrics: Metrics) -> None:
        self._projections, self._access, self._metrics = projections, access, metrics
        self._outage = Outage(log)
        self._open = False
        self._why_not: str | None = STARTING
        self.totals = ProjectorTotals()
        self._waiting = Waiting(time.time())
        # At each scrape: it must grow while a transaction hangs.
        metrics.of(PROJECTOR_OLDEST).set_function(lambda: self._waiting.oldest_s(time.time()))
        metrics.of(PROJECTOR_COMMITTED).set(0)

    def against_ready(self) -> str | None:
        """Return why the analysts' topic may be behind, or None."""
        return self._why_not

    async def step(self) -> None:
        """Do one round. A broker that is away is logged and waited for.

        LaneFencedError if another projector runs, WireFormatError for a foreign record,
        OutsideLogError and TopicChangedError for a topic that was made again.
        """
        try:
            await self.round()
        except OutsideLogError:
            raise
        except (BrokerError, KafkaError) as cause:
            error = cause if isinstance(cause, BrokerError) else self._access.failed(cause)
            self._why_not = error.message
            self._outage.failed("%s The projector tries again.", error)
            await self.close()
            await asyncio.sleep(RETRY_S)

    async def round(self) -> None:
        """Open the partitions if need be, and carry what is there."""
        if not self._open:
            await self._projections.open()
            self._open = True
            await self._note([])
        done = await self._projections.round()
        self._outage.ended("Kafka")
        self._why_not = None
        await self._note(done)

    async def until_caught_up(self) -> None:
        """Carry everything up to the ends as they are now."""
        await self.round()
        ends = await self._projections.ends()
        while not await self._projections.reached(ends):
            await self.round()

    async def close(self) -> None:
        """Close all connections; the next round opens them again."""
        self._open = False
        await self._projections.close()

    async def _note(self, done: list[Done]) -> None:
        for batch in done:
            self.totals.shown += batch.shown
            self.totals.removed += batch.removed
            self._metrics.of(PROJECTED, "shown").inc(batch.shown)
            self._metrics.of(PROJECTED, "removed").inc(batch.removed)
            if batch.arrived_ms is not None:
                self._waiting.carried(batch.partition, batch.arrived_ms / 1000)
        if done:
            self._metrics.of(PROJECTOR_COMMITTED).set(time.time())
        self.totals.held = 0
        for tp, one in self._projections.partitions.items():
            waiting = len(one.held.waiting)
            self.totals.held += waiting
            self._metrics.of(PROJECTOR_HELD, tp.partition).set(waiting)
            self._metrics.of(PROJECTOR_POSITION, tp.partition).set(one.next_offset)
        found = await self._projections.lag()
        for partition, lag in found.items():
            self._metrics.of(PROJECTOR_LAG, partition).set(lag)
        self._waiting.measured(found, time.time())


async def run_projector(
    settings: Settings,
    *,
    from_beginning: bool = False,
    until_caught_up: bool = False,
    on_serving: Callable[[int], None] | None = None,
) -> ProjectorTotals:
    """Carry records until SIGTERM or SIGINT, or to the ends of today; return what was committed.

    Raises an error that no retry heals. With ``until_caught_up`` a broker that is away is one.
    """
    registry, health = CollectorRegistry(), Health()
    metrics = Metrics(Process.PROJECTOR, registry)
    describe_process(metrics, health, name=NAME, home=settings.home, contracts=contract_versions())
    access = kafka_access(settings, Role.PROJECTOR)
    projections = Projections(
        access,
        load_reference(settings.reference_dir),
        now_ms=lambda: round(time.time() * 1000),
        from_beginning=from_beginning,
    )
    projector = Projector(projections, access, metrics)
    health.add(projector.against_ready)
    port = serve(settings, registry, health, Process.PROJECTOR, NAME)
    if on_serving is not None:
        on_serving(port)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    judging = asyncio.create_task(health.run())
    try:
        if until_caught_up:
            await projector.until_caught_up()
        else:
            await _until(stop, projector)
    finally:
        judging.cancel()
        await projector.close()
    return projector.totals


async def _until(stop: asyncio.Event, projector: Projector) -> None:
    stopping = asyncio.create_task(stop.wait())
    try:
        while not stop.is_set():
            step = asyncio.create_task(projector.step())
            await asyncio.wait((step, stopping), return_when=asyncio.FIRST_COMPLETED)
            # A round ends within seconds: cancelling it would abort a transaction for nothing.
            await step
    finally:
        stopping.cancel()
