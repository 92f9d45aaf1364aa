"""One worker process: everything put together from settings, then served until stopped."""

from __future__ import annotations

import asyncio
import logging
import os
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, NoReturn

import faust
from mode import Service

from kpr_stream.errors import KprError
from kpr_stream.kafka.access import kafka_access
from kpr_stream.keys.access import keyring
from kpr_stream.keys.keyring import KeyRing
from kpr_stream.model.release import ReleaseLimits
from kpr_stream.model.topics import Role
from kpr_stream.process.folders import make_folder
from kpr_stream.processor.adapters.attempt_file import AttemptFile
from kpr_stream.processor.adapters.ledger import Ledger
from kpr_stream.processor.adapters.read_back import ReadBack
from kpr_stream.processor.adapters.rights_reader import RightsReader
from kpr_stream.processor.adapters.sandbox import ChildProcess, Sandbox
from kpr_stream.processor.adapters.slice_reader import SliceReader
from kpr_stream.processor.emit.emitter import Emitter, StampedVersions
from kpr_stream.processor.faust_app.app import build_app, connect, flow_of
from kpr_stream.processor.frame.prepare import FrameContext
from kpr_stream.processor.intake.admission import AdmissionPolicy
from kpr_stream.processor.lanes.assignment import LaneLimits, Lanes
from kpr_stream.processor.lanes.commit import StepHook
from kpr_stream.processor.lanes.frame_stage import FrameStage
from kpr_stream.processor.lanes.observer import Observer
from kpr_stream.processor.lanes.process_command import CommandWork
from kpr_stream.processor.lanes.process_deliveries import LaneWork
from kpr_stream.processor.lanes.recovery import Opener
from kpr_stream.processor.poison.attempts import PROCESS_BYTES
from kpr_stream.processor.poison.isolate import Work
from kpr_stream.processor.poison.known_good import self_test
from kpr_stream.processor.poison.suspects import SuspectRecords
from kpr_stream.processor.worker.frame_context import frame_context
from kpr_stream.processor.worker.frame_work import rejudge_of
from kpr_stream.processor.worker.watchdog import Watchdog, end_process
from kpr_stream.rights.kinds import KINDS, OFFICIAL_KINDS
from kpr_stream.rules.catalogue import RULE_SET_VERSION, make_texts
from kpr_stream.rules.receipt_texts import pointer_of, texts_of
from kpr_stream.settings import Settings

OBSERVE_S: Final = 5.0
"""Prometheus asks every 15 s or so: more often would be for nobody."""

log = logging.getLogger(__name__)


async def no_hook(_lane: int, _step: int) -> None:
    """The hook after each commit step when nobody listens."""


class Background(Service):
    """The frame stage, the watchdog and the slow metrics, for as long as the worker lives."""

    def __init__(
        self,
        frames: FrameStage,
        sandbox: Sandbox,
        rights: RightsReader,
        lanes: Lanes,
        watchdog: Watchdog,
    ) -> None:
        super().__init__()
        self._frames, self._sandbox, self._rights = frames, sandbox, rights
        self._lanes, self._watchdog = lanes, watchdog

    async def on_stop(self) -> None:
        """End the child, if there is one."""
        self._sandbox.close()

    @Service.task
    async def _serve_frames(self) -> None:
        await self._frames.run()

    @Service.task
    async def _read_rights(self) -> None:
        await self._rights.run()

    @Service.task
    async def _tick(self) -> None:
        await self._watchdog.tick()

    @Service.timer(OBSERVE_S)
    async def _observe(self) -> None:
        self._lanes.observe()


def build_worker(
    settings: Settings,
    observer: Observer,
    *,
    after_step: StepHook = no_hook,
    make_work: Callable[[Settings], Work],
    loop: asyncio.AbstractEventLoop,
) -> faust.Worker:
    """A worker ready to run. Nothing is connected before it runs."""
    access = kafka_access(settings, Role.PROCESSOR)
    keys = keyring(settings)
    context = frame_context(settings)
    app = build_app(settings, access)
    emitter = build_emitter(keys, context, policy_of(settings))
    work = make_work(settings)
    test = self_test(work, keys, emitter)
    # Before the group hears of us: lanes would only be taken away from those that can serve them.
    test.decides()
    # A first delivery would wait for it.
    make_texts()
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
        died=died,
    )
    commands = CommandWork(
        rights,
        SliceReader(access, settings.app_id),
        ReadBack(access, settings.app_id),
        rejudge_of(keys, context, allow_clear=settings.allow_clear_payloads),
    )
    heavy_turn = asyncio.Lock()

    def lane_work(lane: int, ledger: Ledger) -> LaneWork:
        # Beside the ledgers of all instances: the next owner on this machine reads the note too.
        notes = AttemptFile(ledger_dir / f"{settings.app_id}-{lane}.opening")
        return LaneWork(
            ledger=ledger,
            frames=frames,
            sandbox=sandbox,
            suspects=SuspectRecords(notes, process),
            emitter=emitter,
            commands=commands,
            max_items=settings.frame_max_items,
            health_check=test.decides,
            turn=heavy_turn,
        )

    lanes = Lanes(
        group=settings.app_id,
        opener=Opener(
            access,
            settings.app_id,
            ledger_dir=ledger_dir / settings.instance,
            observer=observer,
            now=lambda: round(time.time() * 1000),
        ),
        make_work=lane_work,
        # No lane opens before everything that people have asked for is known.
        before_serving=rights.catch_up,
        flow=flow_of(app),
        limits=LaneLimits(settings.frame_max_items, settings.frame_max_bytes),
        observer=observer,
        after_step=after_step,
        died=died,
    )
    connect(app, lanes)
    watchdog = Watchdog(lanes.stuck_lane, end=end_process)
    return faust.Worker(
        app,
        Background(frames, sandbox, rights, lanes, watchdog),
        loop=loop,
        quiet=True,
        override_logging=False,
    )


def ledger_folder(settings: Settings) -> Path:
    """Where the ledgers of this machine's workers are; made if it is not there."""
    folder = settings.ledger_dir or settings.home / "ledger"
    make_folder(folder)
    return folder


def build_emitter(
    keys: KeyRing, context: FrameContext, policy: AdmissionPolicy | None = None
) -> Emitter:
    """What makes output records, from the key ring and the versions in force."""
    return Emitter(
        pseudonyms=keys.pseudonyms,
        identity=keys.identity,
        quarantine=keys.quarantine,
        superseded=keys.superseded,
        versions=StampedVersions(RULE_SET_VERSION, context.reference.version),
        pointer_of=pointer_of,
        texts_of=texts_of,
        policy=policy or AdmissionPolicy(),
    )


def policy_of(settings: Settings) -> AdmissionPolicy:
    """What these settings ask of senders."""
    return AdmissionPolicy(
        settings.require_agreement,
        ReleaseLimits(
            settings.release_max_share,
            settings.release_share_from,
            settings.release_max_consecutive,
        ),
    )


def died(cause: BaseException) -> NoReturn:
    """End the process for a cause that no lane can go on after. Only types and places of other
    people's exceptions are told: their texts may quote a record."""
    if isinstance(cause, KprError):
        log.error("%s", cause)
    else:
        places = "".join(traceback.format_tb(cause.__traceback__))
        log.error("unexpected %s at\n%s", type(cause).__name__, places)
    end_process(type(cause).__name__)
    raise SystemExit(70)
