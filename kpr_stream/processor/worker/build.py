"""Build a worker from its settings: connect the processor's rooms to each other."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from functools import partial
from typing import Final

import faust

from kpr_stream.errors import place_of
from kpr_stream.kafka.access import kafka_access
from kpr_stream.kafka.connect import diagnose_connection_failure
from kpr_stream.keys.access import keyring
from kpr_stream.metrics.health import Health
from kpr_stream.model.limits import COLUMNS_FROM_ITEMS
from kpr_stream.model.topics import Role
from kpr_stream.processor.adapters.attempt_file import AttemptFile
from kpr_stream.processor.adapters.ledger import Ledger
from kpr_stream.processor.adapters.read_back import ReadBack
from kpr_stream.processor.adapters.release_reader import ReleaseReader
from kpr_stream.processor.adapters.rights_reader import RightsReader
from kpr_stream.processor.adapters.sandbox import ChildProcess, Sandbox
from kpr_stream.processor.adapters.slice_reader import SliceReader
from kpr_stream.processor.columns.plan import plan_batch
from kpr_stream.processor.effects import InColumns
from kpr_stream.processor.faust_app.app import build_app, connect, flow_of
from kpr_stream.processor.lanes.assignment import LaneLimits, Lanes
from kpr_stream.processor.lanes.commit import StepHook
from kpr_stream.processor.lanes.frame_stage import FrameStage
from kpr_stream.processor.lanes.lane import LaneSetup
from kpr_stream.processor.lanes.observer import Observer
from kpr_stream.processor.lanes.process_command import CommandWork
from kpr_stream.processor.lanes.process_deliveries import LaneWork
from kpr_stream.processor.lanes.recovery import Opener
from kpr_stream.processor.lanes.stopwatch import stopwatch
from kpr_stream.processor.poison.attempts import PROCESS_BYTES
from kpr_stream.processor.poison.known_good import self_test
from kpr_stream.processor.poison.suspects import SuspectRecords
from kpr_stream.processor.worker.background import Background
from kpr_stream.processor.worker.emitter import admission_policy, build_emitter, systems_in
from kpr_stream.processor.worker.end import end_because_of, end_process, end_unstarted
from kpr_stream.processor.worker.frame_context import frame_context
from kpr_stream.processor.worker.frame_work import MakeWork, rejudge_of
from kpr_stream.processor.worker.name import ledger_folder
from kpr_stream.processor.worker.stop import StoppingWorker
from kpr_stream.processor.worker.topic_watch import TopicWatch
from kpr_stream.processor.worker.watchdog import Watchdog
from kpr_stream.rights.kinds import KINDS, OFFICIAL_KINDS
from kpr_stream.rules.catalogue import make_texts
from kpr_stream.settings import Settings
from kpr_stream.traces.spans import NO_TRACES, Traces

log = logging.getLogger(__name__)

COLUMNS_FAIL: Final = "deciding in columns fails"
"""How the line of the log begins that goes with ``kpr_columns_failed_total``."""


async def no_hook(_lane: int, _step: int) -> None:
    """Do nothing after a commit step: the hook of a worker that is not under test."""


def build_worker(
    settings: Settings,
    observer: Observer,
    *,
    health: Health | None = None,
    after_step: StepHook = no_hook,
    make_work: MakeWork,
    traces: Traces | None = None,
    loop: asyncio.AbstractEventLoop,
) -> faust.Worker:
    """Return a worker that is ready to run; it connects to nothing before it runs.

    LaneError if the worker fails at a delivery that is known to be good.
    """
    access = kafka_access(settings, Role.PROCESSOR)
    keys = keyring(settings)
    context = frame_context(settings)
    app = build_app(settings, access)
    emitter = build_emitter(
        keys,
        context,
        admission_policy(settings),
        receipt_v2_systems=systems_in(settings.receipt_v2_systems),
    )
    measure = stopwatch(observer.measured)
    work = make_work(settings, measure)
    test = self_test(work, keys, emitter)
    # Before joining the group: a worker that cannot serve would only take lanes from others.
    test.decides()
    # Now, because the first delivery would wait for it.
    make_texts(context.reference)
    frames = FrameStage(
        work,
        max_items=settings.frame_max_items,
        health_check=test.prepares,
        framed=observer.framed,
    )
    sandbox = Sandbox(partial(ChildProcess, partial(make_work, settings)))
    process = os.urandom(PROCESS_BYTES)
    ledger_dir = ledger_folder(settings)
    rights = RightsReader(
        access,
        settings.app_id,
        kinds=KINDS if settings.reserve_our_kinds else OFFICIAL_KINDS,
        died=end_because_of,
    )
    commands = CommandWork(
        rights,
        SliceReader(access, settings.app_id),
        ReadBack(access, settings.app_id),
        rejudge_of(keys, context, allow_clear=settings.allow_clear_payloads),
    )
    releases = ReleaseReader(access, settings.app_id, died=end_because_of)
    heavy_turn = asyncio.Lock()

    def lane_work(lane: int, ledger: Ledger) -> LaneWork:
        # Not in the ledger of this instance: the lane's next owner on this machine reads it too.
        notes = AttemptFile(ledger_dir / f"{settings.app_id}-{lane}.opening")
        return LaneWork(
            ledger=ledger,
            frames=frames,
            sandbox=sandbox,
            suspects=SuspectRecords(notes, process),
            emitter=emitter,
            commands=commands,
            stopped_releases=lambda: releases.stopped,
            max_items=settings.frame_max_items,
            health_check=test.decides,
            turn=heavy_turn,
            measure=measure,
            columns=in_columns(settings, observer),
        )

    opener = Opener(
        access,
        settings.app_id,
        ledger_dir=ledger_dir / settings.instance,
        observer=observer,
        now=lambda: round(time.time() * 1000),
    )
    lanes = Lanes(
        LaneSetup(
            group=settings.app_id,
            after_step=after_step,
            observer=observer,
            died=end_because_of,
            measure=measure,
            traces=traces or NO_TRACES,
        ),
        opener=opener,
        make_work=lane_work,
        # No lane serves before every reservation and erasure that people asked for is known.
        before_serving=rights.catch_up,
        flow=flow_of(app),
        limits=LaneLimits(settings.frame_max_items, settings.frame_max_bytes),
    )
    connect(app, lanes)
    health = health or Health()
    health.add(lanes.against_ready)
    health.add(rights.against_ready)
    background = Background(
        health=health,
        frames=frames,
        sandbox=sandbox,
        rights=rights,
        releases=releases,
        lanes=lanes,
        watchdog=Watchdog(lanes.stuck_lane, end=end_process),
        topics=TopicWatch(
            access, settings.app_id, known=lambda: opener.topic_ids, died=end_because_of
        ),
    )
    return StoppingWorker(
        app,
        background,
        serves=lambda: bool(lanes.open_lanes),
        diagnose=partial(diagnose_connection_failure, access),
        failed=end_unstarted,
        loop=loop,
        quiet=True,
        override_logging=False,
    )


def in_columns(settings: Settings, observer: Observer) -> InColumns | None:
    """Return when batches are decided in columns; None if never."""

    def failed(cause: BaseException) -> None:
        log.error("%s, the batch goes item by item: %s", COLUMNS_FAIL, place_of(cause))
        observer.columns_failed()

    return InColumns(plan_batch, COLUMNS_FROM_ITEMS, failed) if settings.decide_in_columns else None
