"""A worker of ours on the bare work: the product's lanes, transactions and ledgers.

Imported after ``ours`` has named the topics: the product's rooms read those names at import.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from mode import Service
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from bench.peers.apps import ours_work
from bench.peers.apps.start import Start, ready
from kpr_stream.kafka.access import kafka_access
from kpr_stream.kafka.connect import diagnose_connection_failure
from kpr_stream.metrics.instruments import Metrics
from kpr_stream.metrics.metric import Process
from kpr_stream.model.delivery import DeliveryRefused, SourceRecord
from kpr_stream.model.topics import PARTITIONS, Role
from kpr_stream.process.folders import make_folder
from kpr_stream.processor.adapters.ledger import Ledger
from kpr_stream.processor.faust_app.app import build_app, connect, faust_folder, flow_of
from kpr_stream.processor.intake.decrypt import decrypt_delivery
from kpr_stream.processor.lanes.assignment import LaneLimits, Lanes
from kpr_stream.processor.lanes.frame_stage import FrameStage
from kpr_stream.processor.lanes.lane import LaneSetup
from kpr_stream.processor.lanes.process_deliveries import LaneWork
from kpr_stream.processor.lanes.recovery import Opener
from kpr_stream.processor.pipeline import Decided, decrypt_and_frame
from kpr_stream.processor.worker.build import no_hook
from kpr_stream.processor.worker.end import end_because_of, end_unstarted
from kpr_stream.processor.worker.main import GC_THRESHOLDS, SWITCH_S
from kpr_stream.processor.worker.metrics_observer import MetricsObserver
from kpr_stream.processor.worker.stop import StoppingWorker
from kpr_stream.settings import Settings


@dataclass(frozen=True, slots=True)
class BareWork:
    """Decides the batches of one lane, as ``LaneWork`` does."""

    ledger: Ledger
    frames: FrameStage
    topic: str
    max_items: int
    turn: asyncio.Lock

    async def decide(self, records: Sequence[SourceRecord]) -> Decided:
        """Decide a micro-batch."""
        arrived = await asyncio.to_thread(ours_work.micro_batch, records, self.max_items)
        results = await self.frames.prepare(arrived)
        prepared = [one for one in results if not isinstance(one, DeliveryRefused)]
        if len(prepared) < len(arrived):
            raise ValueError("a delivery of the input is refused")
        async with self.turn:
            return await asyncio.to_thread(ours_work.decide, prepared, self.ledger, self.topic)

    def progressed(self, lane: int) -> float:
        """See LaneWork."""
        del lane
        return 0.0


class ReadyObserver(MetricsObserver):
    """Counts as in the product, and reports when all lanes are open."""

    opened = 0

    def lane_opened(self, lane: int, seconds: float) -> None:
        """See Observer."""
        super().lane_opened(lane, seconds)
        self.opened += 1
        if self.opened == PARTITIONS:
            ready()


class Frames(Service):
    """Runs the frame stage for as long as the worker lives."""

    def __init__(self, frames: FrameStage) -> None:
        super().__init__()
        self._frames = frames

    @Service.task
    async def _serve_frames(self) -> None:
        await self._frames.run()


def run(start: Start) -> None:
    """Work until the process is ended."""
    sys.setswitchinterval(SWITCH_S)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    worker = build(start, loop)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    worker.execute_from_commandline()


def build(start: Start, loop: asyncio.AbstractEventLoop) -> StoppingWorker:
    """Return a worker that is ready to run."""
    settings = _settings(start)
    make_folder(faust_folder(settings))
    access = kafka_access(settings, Role.ADMIN)
    app = build_app(settings, access)
    decrypt = partial(decrypt_delivery, private_keys={}, allow_clear=True)
    work = decrypt_and_frame(decrypt, ours_work.frame)
    frames = FrameStage(work, max_items=settings.frame_max_items)
    observer = ReadyObserver(Metrics(Process.WORKER, CollectorRegistry()))
    turn = asyncio.Lock()

    def lane_work(_lane: int, ledger: Ledger) -> LaneWork:
        bare = BareWork(ledger, frames, start.output, settings.frame_max_items, turn)
        return cast("LaneWork", bare)

    lanes = Lanes(
        LaneSetup(
            group=settings.app_id, after_step=no_hook, observer=observer, died=end_because_of
        ),
        opener=Opener(
            access,
            settings.app_id,
            ledger_dir=start.state / "ledger",
            observer=observer,
            now=lambda: round(time.time() * 1000),
        ),
        make_work=lane_work,
        before_serving=_nothing,
        flow=flow_of(app),
        limits=LaneLimits(settings.frame_max_items, settings.frame_max_bytes),
    )
    connect(app, lanes)
    services: tuple[Any, ...] = (app, Frames(frames))
    return StoppingWorker(
        *services,
        serves=lambda: bool(lanes.open_lanes),
        diagnose=partial(diagnose_connection_failure, access),
        failed=end_unstarted,
        loop=loop,
        quiet=True,
        override_logging=False,
    )


def _settings(start: Start) -> Settings:
    login = start.properties
    return Settings(
        home=start.state,
        app_id=start.group,
        kafka_bootstrap=start.bootstrap,
        kafka_username=login["sasl.username"],
        kafka_password=SecretStr(login["sasl.password"]),
        instance=f"bench-{os.getpid()}",
    )


async def _nothing() -> None:
    """Wait for no rights before lanes serve."""
