"""Serve health and metrics of a connector that follows a folder."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Final, NoReturn

from prometheus_client import CollectorRegistry

from kpr_stream.connectors.outbox.protocol import UnitStatus
from kpr_stream.connectors.report.read import read_outbox
from kpr_stream.connectors.report.units import SeriesState, UnitProgress, series_states, unit_states
from kpr_stream.connectors.run import Connector
from kpr_stream.errors import KprError
from kpr_stream.metrics import connector as rows
from kpr_stream.metrics.endpoint import serve
from kpr_stream.metrics.health import Health
from kpr_stream.metrics.instruments import Metrics, describe_process
from kpr_stream.metrics.metric import Process
from kpr_stream.model.words import System
from kpr_stream.schemas.catalogue import contract_versions

log = logging.getLogger(__name__)

EVERY_S: Final = 15.0
"""Between two readings of the outbox, as often as Prometheus scrapes: reading it is not free."""


@contextlib.asynccontextmanager
async def served(connector: Connector) -> AsyncIterator[None]:
    """Serve while the block runs; ConfigurationError if the address cannot be bound."""
    system, settings = connector.job.system, connector.settings
    registry, health = CollectorRegistry(), Health(lambda: against_ready(connector))
    metrics = Metrics(Process.CONNECTOR, registry)
    describe_process(
        metrics, health, name=system, home=settings.home, contracts=contract_versions()
    )
    serve(settings, registry, health, Process.CONNECTOR, system)
    tasks = [
        asyncio.create_task(health.run()),
        asyncio.create_task(_follow_outbox(metrics, system, connector.outbox.path)),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _follow_outbox(metrics: Metrics, system: System, path: Path) -> NoReturn:
    while True:
        try:
            units, series, size = await asyncio.to_thread(_read, path)
        except KprError as error:
            log.warning("The outbox cannot be read for metrics: %s", error.message)
        else:
            show(metrics, system, units, series)
            metrics.of(rows.CONNECTOR_OUTBOX, system).set(size)
        await asyncio.sleep(EVERY_S)


def against_ready(connector: Connector) -> str | None:
    """Return why the connector is not ready: Kafka is away, or receipts do not come."""
    return None if connector.trouble is None else connector.trouble.message


def show(
    metrics: Metrics, system: System, units: Iterable[UnitProgress], series: Iterable[SeriesState]
) -> None:
    """Set the gauges from the state of an outbox."""
    units, series = list(units), list(series)
    by_status = Counter(unit.status for unit in units)
    for status in UnitStatus:
        metrics.of(rows.CONNECTOR_UNITS, system, status).set(by_status[status])
    waiting = [at for unit in units if (at := unit.oldest_unanswered_at) is not None]
    values = {
        rows.CONNECTOR_UNANSWERED: sum(unit.unanswered for unit in units),
        rows.CONNECTOR_OLDEST: min(waiting, default=0) / 1000,
        rows.CONNECTOR_SENT: max((unit.sent_at or 0 for unit in units), default=0) / 1000,
        rows.CONNECTOR_ANSWERED: max((unit.answered_at or 0 for unit in units), default=0) / 1000,
        rows.CONNECTOR_ERRORS: sum(unit.errors for unit in units),
        rows.CONNECTOR_MISSING: sum(
            gap.last - gap.first + 1 for one in series for gap in one.missing
        ),
        rows.CONNECTOR_DAYS: sum(
            (hole.last - hole.first).days + 1 for one in series for hole in one.holes
        ),
    }
    for metric, value in values.items():
        metrics.of(metric, system).set(value)


def _read(path: Path) -> tuple[list[UnitProgress], list[SeriesState], int]:
    with read_outbox(path) as outbox:
        return unit_states(outbox), series_states(outbox), _bytes(path)


def _bytes(path: Path) -> int:
    """Size of the outbox with its write-ahead log, where all that is new stays for a while."""
    files = (path, path.with_name(f"{path.name}-wal"))
    return sum(one.stat().st_size for one in files if one.exists())
