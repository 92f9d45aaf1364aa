"""Run one worker process: logging, checks, metrics endpoint, event loop."""

from __future__ import annotations

import asyncio
import atexit
import gc
import logging
import resource
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, NoReturn

from prometheus_client import CollectorRegistry

from kpr_stream.kafka.access import kafka_access
from kpr_stream.kafka.connect import reach
from kpr_stream.keys.access import keyring
from kpr_stream.metrics.endpoint import serve
from kpr_stream.metrics.health import Health
from kpr_stream.metrics.instruments import Metrics, describe_process
from kpr_stream.metrics.metric import Process
from kpr_stream.metrics.worker import KEY_EXPIRES, RULES_INFO
from kpr_stream.model.topics import Role
from kpr_stream.process.folders import make_folder, require_free_space
from kpr_stream.process.log import NAMED, begin_log
from kpr_stream.process.stderr import silence_native_stderr
from kpr_stream.processor.faust_app.app import faust_folder
from kpr_stream.processor.lanes.commit import StepHook
from kpr_stream.processor.worker.build import build_worker, no_hook
from kpr_stream.processor.worker.delivery_log import log_delivery
from kpr_stream.processor.worker.frame_context import reference_of
from kpr_stream.processor.worker.frame_work import MakeWork, frame_work
from kpr_stream.processor.worker.metrics_observer import MetricsObserver
from kpr_stream.processor.worker.name import ledger_folder, take_name
from kpr_stream.processor.worker.reference_copy import with_kept_reference
from kpr_stream.rules.catalogue import RULE_SET_VERSION, catalogue
from kpr_stream.schemas.catalogue import contract_versions
from kpr_stream.settings import Settings
from kpr_stream.traces.choose import make_traces

log = logging.getLogger(__name__)

SWITCH_S: Final = 0.0005
"""How long a thread keeps the interpreter's lock while others want it. A live delivery changes
threads about thirty times. With Python's 5 ms it would wait as long each time, beside a backlog."""

GC_THRESHOLDS: Final = (50_000, 20, 50)
"""A micro-batch has some 100,000 objects and no cycles. At Python's 700 the collector would inspect
all of them again and again, which took a quarter of the CPU time."""
LEDGER_FREE_BYTES: Final = 200_000_000
"""Eight ledgers keep write-ahead logs of up to 64 MB each, and rewrite tables of that size."""


def run_worker(
    settings: Settings,
    *,
    after_step: StepHook = no_hook,
    make_work: MakeWork = frame_work,
    on_serving: Callable[[Settings, int], None] | None = None,
) -> NoReturn:
    """Serve until SIGTERM, then exit the process.

    ``on_serving`` gets the port where metrics are served.
    ``after_step`` and ``make_work`` are hooks for tests. ``make_work`` must be picklable, because
    the sandbox's process calls it too.
    """
    # A core file would hold clear deliveries and keys.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setswitchinterval(SWITCH_S)
    silence_native_stderr()
    begin_log(NAMED, process=settings.instance, form=settings.log_format)
    for noisy in ("faust", "mode", "aiokafka"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # First: every later step would fail for another reason (the metrics port) or do harm.
    take_name(settings)
    # Faust would print a traceback and retry forever; this raises one clear error instead.
    asyncio.run(reach(kafka_access(settings, Role.PROCESSOR)))
    # Before joining the group: without reference data no item may be judged.
    settings = with_kept_reference(settings, today=datetime.now(UTC).date())
    reference = reference_of(settings)
    registry, health = CollectorRegistry(), Health()
    metrics = Metrics(Process.WORKER, registry)
    describe_process(
        metrics,
        health,
        name=settings.instance,
        home=settings.home,
        contracts=contract_versions(),
    )
    metrics.of(RULES_INFO, RULE_SET_VERSION, reference.version).set(1)
    for key in keyring(settings).expiries:
        metrics.of(KEY_EXPIRES, key.purpose, key.key_id).set(key.at.timestamp())
    observer = MetricsObserver(
        metrics,
        {rule.id: rule.severity for rule in catalogue(reference)},
        log_delivery=log_delivery if settings.log_deliveries else None,
    )
    make_folder(faust_folder(settings))
    # Before joining the group: lanes of a worker that cannot write its ledgers would be stuck, and
    # each of its starts would stop the whole group for a rebalance.
    require_free_space(ledger_folder(settings), LEDGER_FREE_BYTES, what_for="a worker")
    traces = make_traces(settings, Process.WORKER)
    atexit.register(traces.close)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    worker = build_worker(
        settings,
        observer,
        health=health,
        after_step=after_step,
        make_work=make_work,
        traces=traces,
        loop=loop,
    )
    port = serve(settings, registry, health, Process.WORKER, settings.instance)
    if on_serving is not None:
        on_serving(settings, port)
    # Exclude what lives as long as the process from every later garbage collection.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    worker.execute_from_commandline()
