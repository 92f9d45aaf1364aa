"""Run a sink as a process: its service, its metrics, its signals."""

from __future__ import annotations

import asyncio
import logging
import signal

from prometheus_client import CollectorRegistry

from kpr_stream.database.transient import CAUSE_CLASSES
from kpr_stream.kafka.access import kafka_access
from kpr_stream.metrics.endpoint import serve
from kpr_stream.metrics.health import Health
from kpr_stream.metrics.instruments import Metrics, describe_process
from kpr_stream.metrics.metric import Process
from kpr_stream.metrics.sink import SINK_CONNECTED
from kpr_stream.schemas.catalogue import contract_versions
from kpr_stream.settings import Settings
from kpr_stream.sinks.persist import PATIENCE_S
from kpr_stream.sinks.progress import SinkProgress
from kpr_stream.sinks.reader import topic_reader
from kpr_stream.sinks.service import SinkService, SinkTotals
from kpr_stream.sinks.store import SinkStore
from kpr_stream.sinks.tables import SinkKind, sink
from kpr_stream.traces.choose import make_traces
from kpr_stream.traces.spans import NO_TRACES, Traces

log = logging.getLogger(__name__)


def build_sink(
    settings: Settings,
    kind: SinkKind,
    metrics: Metrics,
    health: Health,
    *,
    until_caught_up: bool = False,
    traces: Traces = NO_TRACES,
    patience_s: float = PATIENCE_S,
) -> SinkService:
    """Return a sink's service with its reader and its store; nothing is connected yet."""
    found = sink(kind)
    reader = topic_reader(kafka_access(settings, found.principal), found.topics)
    store = SinkStore(settings, found)
    metrics.of(SINK_CONNECTED, kind.value).set_function(lambda: float(store.connected))
    return SinkService(
        found,
        reader,
        store,
        SinkProgress(kind.value, metrics),
        health,
        until_caught_up=until_caught_up,
        traces=traces,
        patience_s=patience_s,
    )


async def run_sink(
    settings: Settings,
    kind: SinkKind,
    *,
    until_caught_up: bool = False,
    patience_s: float = PATIENCE_S,
) -> SinkTotals:
    """Run a sink until SIGTERM, SIGINT, an error, or the end of the topics as they are now.

    ``patience_s`` is how long it waits for the database. Returns what it did; raises the error
    that ended it.
    """
    process = Process(f"{kind.value}-sink")
    registry, health = CollectorRegistry(), Health()
    metrics = Metrics(process, registry, sink=(kind.value,), cause=CAUSE_CLASSES)
    describe_process(
        metrics,
        health,
        name=kind.value,
        home=settings.home,
        contracts=contract_versions(),
    )
    traces = make_traces(settings, process)
    service = build_sink(
        settings,
        kind,
        metrics,
        health,
        until_caught_up=until_caught_up,
        traces=traces,
        patience_s=patience_s,
    )
    serve(settings, registry, health, process, kind.value)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.finished.set)
    try:
        await service.start()
        await service.wait(service.finished)
    finally:
        await service.stop()
        traces.close()
    ended_by = service.failure or service.crash_reason
    if ended_by is not None:
        raise ended_by
    return service.totals
