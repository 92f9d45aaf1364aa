"""Registries as full as those of the nation: for bounds and for the cost of a scrape."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry

from kpr_stream.audit.books import Books
from kpr_stream.database.transient import CAUSE_CLASSES
from kpr_stream.exporter.clock import ExporterClock
from kpr_stream.exporter.collector import SnapshotCollector
from kpr_stream.exporter.quarantine import Quarantine
from kpr_stream.exporter.releases import MOST_RELEASES
from kpr_stream.exporter.run import places_of
from kpr_stream.exporter.snapshot import Snapshot, books_now
from kpr_stream.exporter.states import UnitStates, exact_totals
from kpr_stream.exporter.units import views
from kpr_stream.metrics import sink
from kpr_stream.metrics import worker as declared
from kpr_stream.metrics.health import Health
from kpr_stream.metrics.instruments import Metrics, describe_process
from kpr_stream.metrics.metric import SINK, Process
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.model.unit import Gap, UnitState, unit_key
from kpr_stream.model.words import OUTCOMES, SYSTEMS
from kpr_stream.processor.worker.metrics_observer import MetricsObserver
from kpr_stream.reference import Reference
from kpr_stream.rules.catalogue import catalogue
from kpr_stream.schemas import wire
from kpr_stream.schemas.catalogue import contract_versions
from kpr_stream.simulate.identifiers import org_numbers

MUNICIPALITIES: Final = 357
UNITS: Final = 1_500
KEYS: Final = 20
"""Keys of a ring that has been rotated for years."""
NOW: Final = datetime(2026, 3, 4, 12, tzinfo=UTC)


def full_registry(process: Process, reference: Reference) -> CollectorRegistry:
    """Return the most series that one process can serve by its own metrics."""
    registry = CollectorRegistry()
    metrics = Metrics(process, registry, sink=("content",), cause=CAUSE_CLASSES)
    describe_process(
        metrics,
        Health(),
        name="one",
        home=Path(),
        contracts=contract_versions(),
    )
    if process is Process.WORKER:
        MetricsObserver(metrics, {rule.id: rule.severity for rule in catalogue(reference)})
        for lane in range(PARTITIONS):
            for of_lane in declared.OF_LANE:
                metrics.of(of_lane, lane).set(1)
        metrics.of(declared.RULES_INFO, "4", reference.version).set(1)
        for key in range(KEYS):
            metrics.of(declared.KEY_EXPIRES, "delivery", f"kpr-{key}").set(1)
    elif process in SINK:
        for topic in ("consultation", "appointment"):
            for partition in range(PARTITIONS):
                metrics.of(sink.SINK_LAG, "content", topic, partition).set(1)
                metrics.of(sink.SINK_POSITION, "content", topic, partition).set(1)
    return registry


def add_units(registry: CollectorRegistry, count: int) -> None:
    """Add the series of units that are all blocked and have gaps, each with its own release.

    They are spread over all systems and municipalities.
    """
    places = places_of()
    codes = sorted(places)[-MUNICIPALITIES:]
    states = UnitStates()
    for n, number in enumerate(islice(org_numbers(), count)):
        at = round(NOW.timestamp() * 1000)
        one = UnitState(
            org_nr=number,
            system=SYSTEMS[n % len(SYSTEMS)],
            municipality_code=codes[n // len(SYSTEMS) % MUNICIPALITIES],
            agreed_from=date(2026, 1, 1),
            last_processed_at=at,
            blocked_since=at,
            blocked_reason="DIGEST_MISMATCH",
            gaps=(Gap(2, 3, at),),
            software_version=f"4.{n}",
        )
        states.add(unit_key(one.org_nr, one.system), wire.encode("unit_state", one.to_record()))
    known = states.all()
    units, left_out = views(known, now=NOW, clock=ExporterClock())
    collector = SnapshotCollector(places)
    registry.register(collector)
    collector.snapshot = Snapshot(
        read_at=NOW.timestamp(),
        units=units,
        left_out=left_out,
        totals=exact_totals(known, places),
        releases=states.releases.totals(),
        unprocessed=dict.fromkeys(SYSTEMS, 0),
        open_items=Quarantine().open_items(),
        books=books_now(Books({})),
    )
    assert len(collector.snapshot.releases) == MOST_RELEASES * len(OUTCOMES)
