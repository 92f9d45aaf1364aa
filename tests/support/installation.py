"""A small installation as its metrics say it: two workers, two sinks, a projector and so on.

The texts are made by the code that serves them, so a metric that is renamed changes them too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest

from kpr_stream.audit.books import Books, Fault
from kpr_stream.exporter.clock import ExporterClock
from kpr_stream.exporter.collector import SnapshotCollector
from kpr_stream.exporter.quarantine import Quarantine
from kpr_stream.exporter.run import places_of
from kpr_stream.exporter.snapshot import Snapshot, books_now
from kpr_stream.exporter.states import exact_totals
from kpr_stream.exporter.units import views
from kpr_stream.metrics import probe, projector, sink, worker
from kpr_stream.metrics.endpoint import PORTS
from kpr_stream.metrics.health import Health
from kpr_stream.metrics.instruments import Metrics, describe_process
from kpr_stream.metrics.metric import Process
from kpr_stream.metrics.process import DISK_FREE, DISK_SIZE
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.model.unit import Totals, UnitState
from kpr_stream.model.words import Outcome, ReceiptStatus, System
from kpr_stream.overview.samples import Reading, Samples

AT: Final = datetime(2026, 3, 4, 12, tzinfo=UTC)
"""A Wednesday at 13:00 in Norway: the deadline of the day has passed."""
RATE: Final = 3
"""Deliveries a second of each worker; each has ten items."""
PLACES: Final = places_of()


def unit(org_nr: str, system: System, municipality: str, heard: timedelta | None) -> UnitState:
    """A unit with an agreement that was last heard so long before ``AT``; None: never."""
    at = None if heard is None else round((AT - heard).timestamp() * 1000)
    return UnitState(
        org_nr=org_nr,
        system=system,
        municipality_code=municipality,
        agreed_from=date(2026, 1, 1),
        first_delivery_at=at,
        last_processed_at=at,
        last_content_at=at,
        software_version="7.1",
        totals=Totals(processed=9, items=(98, 0, 0, 0, 0, 0, 2)),
    )


HEARD: Final = unit("800000003", System.VISMA_HSPRO, "0301", timedelta(hours=2))
SILENT: Final = unit("800000011", System.EG_INFODOC, "4601", timedelta(days=6))
NEVER: Final = unit("800000038", System.EG_INFODOC, "4601", None)
BLOCKED: Final = replace(
    unit("800000046", System.CGM_HELSESTASJON, "5001", timedelta(hours=3)),
    blocked_since=round((AT - timedelta(hours=3)).timestamp() * 1000),
    blocked_reason="DIGEST_MISMATCH",
)
WELL: Final = (HEARD, replace(HEARD, org_nr="800000054", municipality_code="5001"))


@dataclass(frozen=True, kw_only=True)
class Installation:
    """What runs and how it is; ``seconds`` after the first reading."""

    seconds: int = 0
    units: tuple[UnitState, ...] = WELL
    away: Collection[str] = ()
    """Names of processes that do not answer."""
    missing: Collection[str] = ()
    """Names of processes that are not listed at all."""
    waiting_s: float = 0.0
    sink_waits_s: float = 0.0
    sink_committed_s: float = 3.0
    projector_waits_s: float = 0.0
    projector_committed_s: float = 5.0
    probe_s: float = 20.0
    books_s: float = 4.0
    imbalance: dict[tuple[System, Fault], int] = field(default_factory=dict)
    more: str = ""
    """Further lines of the exporter."""

    @property
    def at(self) -> float:
        return AT.timestamp() + self.seconds

    def samples(self) -> Samples:
        """The installation as it is read."""
        texts = {
            (Process.WORKER, "worker-1"): self._worker("worker-1", range(4)),
            (Process.WORKER, "worker-2"): self._worker("worker-2", range(4, PARTITIONS)),
            (Process.CONTENT_SINK, "content"): self._sink(Process.CONTENT_SINK, "content"),
            (Process.IDENTITY_SINK, "identity"): self._sink(Process.IDENTITY_SINK, "identity"),
            (Process.PROJECTOR, "projector"): self._projector(),
            (Process.EXPORTER, "exporter"): self._exporter(),
            (Process.PROBE, "probe"): self._probe(),
        }
        readings = []
        for number, ((process, name), text) in enumerate(texts.items()):
            if name in self.missing:
                continue
            gone = name in self.away
            readings.append(
                Reading(
                    process=process,
                    name=name,
                    address=f"127.0.0.1:{PORTS[process][number % 2]}",
                    text=None if gone else text,
                    why_not="Connection refused" if gone else None,
                )
            )
        return Samples(readings, at=self.at)

    def _worker(self, name: str, lanes: range) -> str:
        registry, metrics = _process(Process.WORKER, name)
        done = 100 + self.seconds * RATE
        for system in (System.VISMA_HSPRO, System.EG_INFODOC):
            metrics.of(worker.DELIVERIES, system, ReceiptStatus.PROCESSED).inc(done)
            metrics.of(worker.ITEMS, system, Outcome.ACCEPTED).inc(10 * done)
        metrics.of(worker.OLDEST_WAITING, System.EG_INFODOC).set(self.waiting_s)
        metrics.of(worker.COMMITS).inc(0 if self.waiting_s else done)
        metrics.of(worker.LANES_OPEN).set(len(lanes))
        for lane in lanes:
            metrics.of(worker.LANE_WAITING, lane).set(lane)
        return generate_latest(registry).decode()

    def _sink(self, process: Process, name: str) -> str:
        registry, metrics = _process(process, name, sink=(name,))
        metrics.of(sink.SINK_ROWS, name).inc(500 + self.seconds * 30)
        metrics.of(sink.SINK_COMMITTED, name).set(self.at - self.sink_committed_s)
        metrics.of(sink.SINK_OLDEST_UNAPPLIED, name).set(self.sink_waits_s)
        for partition in range(PARTITIONS):
            metrics.of(sink.SINK_LAG, name, "kpr.hst.consultation", partition).set(2)
        return generate_latest(registry).decode()

    def _projector(self) -> str:
        registry, metrics = _process(Process.PROJECTOR, "projector")
        metrics.of(projector.PROJECTED, "shown").inc(500 + self.seconds * 20)
        metrics.of(projector.PROJECTED, "removed").inc(5 + self.seconds)
        metrics.of(projector.PROJECTOR_COMMITTED).set(self.at - self.projector_committed_s)
        metrics.of(projector.PROJECTOR_OLDEST).set(self.projector_waits_s)
        for partition in range(PARTITIONS):
            metrics.of(projector.PROJECTOR_LAG, partition).set(1)
            metrics.of(projector.PROJECTOR_HELD, partition).set(3)
        return generate_latest(registry).decode()

    def _exporter(self) -> str:
        registry, _ = _process(Process.EXPORTER, "exporter")
        collector = SnapshotCollector(PLACES)
        units, left_out = views(self.units, now=AT, clock=ExporterClock())
        balanced = books_now(Books({}))
        collector.snapshot = Snapshot(
            read_at=self.at - self.books_s,
            units=units,
            left_out=left_out,
            rejected=Counter(),
            totals=exact_totals(self.units, PLACES),
            open_items=Quarantine().open_items(),
            books=replace(balanced, imbalance={**balanced.imbalance, **self.imbalance}),
        )
        registry.register(collector)
        return generate_latest(registry).decode() + self.more

    def _probe(self) -> str:
        registry, metrics = _process(Process.PROBE, "probe")
        metrics.of(probe.PROBE_SUCCESS).set(self.at - self.probe_s)
        metrics.of(probe.PROBE_LATENCY).observe(0.02)
        return generate_latest(registry).decode()


def _process(
    process: Process, name: str, **foreseen: Collection[str]
) -> tuple[CollectorRegistry, Metrics]:
    # A clock that does not move: a slow machine must not make a process look hung.
    registry, health = CollectorRegistry(), Health(clock=lambda: 0.0)
    metrics = Metrics(process, registry, **foreseen)
    health.judge()
    describe_process(metrics, health, name=name, home=Path(), contracts=())
    metrics.of(DISK_FREE).set_function(lambda: 60.0)
    metrics.of(DISK_SIZE).set_function(lambda: 100.0)
    return registry, metrics
