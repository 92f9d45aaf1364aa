"""Fill the new tables of a rebuild from Kafka, up to the present end of the topics."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from prometheus_client import CollectorRegistry

from kpr_stream.database.transient import CAUSE_CLASSES
from kpr_stream.kafka.access import kafka_access
from kpr_stream.metrics.health import Health
from kpr_stream.metrics.instruments import Metrics
from kpr_stream.metrics.metric import Process
from kpr_stream.settings import Settings
from kpr_stream.sinks.progress import SinkProgress
from kpr_stream.sinks.reader import topic_reader
from kpr_stream.sinks.rebuild.target import beside
from kpr_stream.sinks.service import SinkService, SinkTotals
from kpr_stream.sinks.store import SinkStore
from kpr_stream.sinks.tables import Sink

REPORT_S = 10.0
"""How often the number of records is reported: a history takes minutes."""

Report = Callable[[str], None]


async def read_topics(settings: Settings, found: Sink, report: Report) -> SinkTotals:
    """Read from the positions in the new schema to the present end; return what was read.

    Raises the error that ended it. What was read before stays in the new schema.
    """
    new = beside(found)
    # Measured like any sink, for nobody: the live sink alone is scraped.
    metrics = Metrics(
        Process(f"{found.kind.value}-sink"),
        CollectorRegistry(),
        sink=(found.kind.value,),
        cause=CAUSE_CLASSES,
    )
    service = SinkService(
        new,
        topic_reader(kafka_access(settings, new.principal), new.topics),
        SinkStore(settings, new),
        SinkProgress(found.kind.value, metrics),
        Health(),
        until_caught_up=True,
    )
    try:
        await service.start()
        while not service.finished.is_set():
            try:
                await asyncio.wait_for(service.finished.wait(), REPORT_S)
            except TimeoutError:
                report(f"{service.totals.records} records read")
    finally:
        await service.stop()
    ended_by = service.failure or service.crash_reason
    if ended_by is not None:
        raise ended_by
    return service.totals
