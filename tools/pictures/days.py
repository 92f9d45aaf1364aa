"""Four made-up days of the nation, in the product's own metrics: one exposition an hour.

No broker and no database run. Units, deliveries and faults are made up; metrics and labels come
from the tables and collectors that workers, sinks, exporter and probe serve from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Final

from polars import col
from prometheus_client import CollectorRegistry, generate_latest

from kpr_stream.audit.books import Fault
from kpr_stream.exporter.collector import SnapshotCollector
from kpr_stream.exporter.quarantine import OpenItems
from kpr_stream.exporter.run import places_of
from kpr_stream.exporter.snapshot import BooksNow, Snapshot
from kpr_stream.exporter.states import ExactTotals
from kpr_stream.exporter.units import Agreement, ReportingUnit
from kpr_stream.metrics import process, projector, sink, worker
from kpr_stream.metrics.instruments import Metrics
from kpr_stream.metrics.metric import Process
from kpr_stream.metrics.probe import PROBE_LATENCY, PROBE_SUCCESS
from kpr_stream.model.report_deadline import Expectation, next_deadline
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.model.words import SYSTEMS, ReceiptStatus
from kpr_stream.reference import load_reference
from tests.acceptance.prometheus.world import BROKEN, POOR, Trouble, WorldUnit, make_world

HOUR: Final = 3_600
HOURS: Final = 4 * 24
UNITS: Final = 480
TROUBLED: Final = 42
LOCKED: Final = range(HOURS - 9, HOURS - 4)
"""Hours in which the database holds a lock on the sink's table."""
KILLED: Final = HOURS - 30
STAGES: Final = {"intake": 1, "decrypt": 4, "decode": 3, "validate": 6, "enrich": 3, "decide": 4}
MONTHS: Final = 110


class MadeUpDays:
    """What has happened until now, hour by hour."""

    def __init__(self, now: float) -> None:
        """Begin four days before ``now``, in seconds since 1970."""
        self.random = Random(7)
        self.now = now
        self.places = places_of()
        today = load_reference().municipalities.filter(col("valid_to") == col("valid_to").max())
        codes = sorted(set(today.select("code", "county_code").iter_rows()))
        self.units = make_world(codes, units=UNITS, troubled=TROUBLED)
        self.registries = {kind: CollectorRegistry() for kind in _TARGETS}
        self.metrics = {
            kind: Metrics(kind, registry, sink=tuple(_SINKS.values()))
            for kind, registry in self.registries.items()
        }
        self.collector = SnapshotCollector(self.places)
        self.registries[Process.EXPORTER].register(self.collector)
        self.totals, self.releases = ExactTotals(), Counter[tuple[str, str, str]]()
        self.heard: dict[str, float] = {}
        self.content: dict[str, float] = {}
        self.blocked: dict[str, float] = {}
        self.rejected = Counter[tuple[str, str]]()
        self.open = Counter[str]()
        self.covered = {u.org_nr: (2026 - u.since.year) * 12 for u in self.units}
        self.lag = 0.0
        self.position = Counter[int]()

    def hours(self) -> Iterator[str]:
        """Yield the exposition of each hour, with its time."""
        for hour in range(HOURS + 1):
            at = self.now - (HOURS - hour) * HOUR
            self._live(hour, at)
            yield from self._exposition(at)
        yield "# EOF\n"

    def _live(self, hour: int, at: float) -> None:
        shown = datetime.fromtimestamp(at, UTC)
        for unit in self.units:
            if shown.hour == 1 + int(unit.org_nr) % 5 and _sends(unit, hour):
                self._deliver(unit, at, hour)
        self._workers(hour, at)
        self._sinks(hour, at)
        self._projector(at)
        self.collector.snapshot = self._snapshot(at)

    def _deliver(self, unit: WorldUnit, at: float, hour: int) -> None:
        served = self.metrics[Process.WORKER]
        place = (unit.system.value, unit.municipality)
        if unit.trouble in (Trouble.BLOCKED, Trouble.BROKEN_RELEASE) and hour > 40:
            broken = unit.trouble is Trouble.BROKEN_RELEASE
            cause = "RELEASE_STOPPED" if broken else "COUNT_MISMATCH"
            served.of(worker.DELIVERIES, unit.system, ReceiptStatus.REFUSED).inc()
            served.of(worker.REFUSALS, unit.system, cause).inc()
            self.totals.deliveries[(*place, "refused")] += 1
            self.blocked.setdefault(unit.org_nr, at)
            return
        served.of(worker.DELIVERIES, unit.system, ReceiptStatus.PROCESSED).inc()
        empty = unit.trouble is Trouble.EMPTY and hour > 20
        self.totals.deliveries[(*place, "empty" if empty else "with_content")] += 1
        self.heard[unit.org_nr] = at
        if empty:
            return
        self.content[unit.org_nr] = at
        if self.random.random() < 0.3:
            self.covered[unit.org_nr] = min(MONTHS, self.covered[unit.org_nr] + 6)
        for _ in range(self.random.randint(8, 60)):
            self._item(unit, place)

    def _item(self, unit: WorldUnit, place: tuple[str, str]) -> None:
        served, chance = self.metrics[Process.WORKER], self.random.random()
        bad = 0.4 if unit.release == BROKEN else 0.004
        outcome = next(
            name
            for limit, name in (
                (bad, "rejected"),
                (bad + 0.02, "duplicate"),
                (bad + 0.05, "corrected"),
                (bad + 0.055, "deleted"),
                (1.0, "accepted"),
            )
            if chance < limit
        )
        served.of(worker.ITEMS, unit.system, outcome).inc()
        self.totals.items[(*place, outcome)] += 1
        self.releases[unit.system.value, unit.release, outcome] += 1
        if outcome == "rejected":
            rule = self.random.choice(("CONSULTATION_ID_MISSING", "START_MISSING"))
            served.of(worker.RULE_FINDINGS, unit.system, rule, "reject").inc()
            self.rejected[unit.org_nr, unit.system.value] += 1
            self.open[unit.system.value] += 1
        elif self.random.random() < (0.08 if unit.release == POOR else 0.01):
            rule = self.random.choice(("WEIGHT_IMPOSSIBLE", "LENGTH_IMPOSSIBLE"))
            served.of(worker.RULE_FINDINGS, unit.system, rule, "set_aside").inc()
        elif self.random.random() < 0.05:
            rule = self.random.choice(("WEIGHT_UNUSUAL_FOR_AGE", "BMI_UNUSUAL_FOR_AGE"))
            served.of(worker.RULE_FINDINGS, unit.system, rule, "warn").inc()

    def _workers(self, hour: int, at: float) -> None:
        served, random = self.metrics[Process.WORKER], self.random
        for system in SYSTEMS:
            for _ in range(40):
                slow = 4 if hour == KILLED else 1
                served.of(worker.RECEIPT_LATENCY, system).observe(
                    slow * random.lognormvariate(-3.0, 0.55)
                )
            served.of(worker.OLDEST_WAITING, system).set(0)
        for stage, weight in STAGES.items():
            served.of(worker.STAGE_SECONDS, stage).observe(weight * (60 + 20 * random.random()))
        served.of(worker.COMMITS).inc(900 + 300 * random.random())
        served.of(worker.ABORTS).inc(14 if hour == KILLED else 0)
        served.of(worker.LANE_OPENINGS).inc(PARTITIONS if hour in (0, KILLED) else 0)
        served.of(worker.LANES_OPEN).set(PARTITIONS)
        for lane in range(PARTITIONS):
            served.of(worker.LANE_WAITING, lane).set(random.randint(0, 6))
            served.of(worker.LEDGER_BYTES, lane).set(2e9 + lane * 4e7 + hour * 2e6)
            served.of(worker.LANE_OPENING_LEFT, lane).set(0)
        probe = self.metrics[Process.PROBE]
        probe.of(PROBE_LATENCY).observe(0.02)
        probe.of(PROBE_SUCCESS).set(at - 21)

    def _sinks(self, hour: int, at: float) -> None:
        locked = hour in LOCKED
        self.lag = self.lag + 9_000 if locked else 0.0
        for kind, name in _SINKS.items():
            served, waits = self.metrics[kind], locked and name == "content"
            lag = self.lag if waits else 0
            for partition in range(PARTITIONS):
                topic = "kpr.hst.consultation" if name == "content" else "kpr.hst.identity"
                self.position[partition] += 0 if waits else 700
                place = (name, topic, partition)
                served.of(sink.SINK_LAG, *place).set(lag / PARTITIONS)
                served.of(sink.SINK_POSITION, *place).set(self.position[partition])
            served.of(sink.SINK_OLDEST_UNAPPLIED, name).set(
                (hour - LOCKED.start + 1) * HOUR if waits else 0
            )
            if waits:
                served.of(sink.SINK_RETRIES, name, "lock_not_available").inc(40)
                continue
            served.of(sink.SINK_COMMITTED, name).set(at - 30)
            for system in SYSTEMS:
                late = 9_000.0 if hour == LOCKED.stop and name == "content" else 0.4
                served.of(sink.SINK_ROW_LATENCY, name, system).observe(late)
            for _ in range(20):
                served.of(sink.SINK_BATCH_SECONDS, name).observe(
                    self.random.lognormvariate(-3.4, 0.4)
                )

    def _projector(self, at: float) -> None:
        served = self.metrics[Process.PROJECTOR]
        served.of(projector.PROJECTED, "shown").inc(5_000 + 900 * self.random.random())
        served.of(projector.PROJECTED, "removed").inc(40)
        served.of(projector.PROJECTOR_OLDEST).set(0.4)
        served.of(projector.PROJECTOR_COMMITTED).set(at - 2)
        for partition in range(PARTITIONS):
            served.of(projector.PROJECTOR_LAG, partition).set(1)
            served.of(projector.PROJECTOR_HELD, partition).set(31)

    def _snapshot(self, at: float) -> Snapshot:
        return Snapshot(
            read_at=at,
            units=[self._unit(unit, at) for unit in self.units],
            rejected=self.rejected,
            totals=self.totals,
            releases=self.releases,
            stopped_releases=(
                {("cgm-helsestasjon", BROKEN): min(self.blocked.values())} if self.blocked else {}
            ),
            unprocessed=dict.fromkeys(SYSTEMS, 0),
            open_items={
                one: OpenItems(self.open[one], at - 20 * HOUR if self.open[one] else 0)
                for one in SYSTEMS
            },
            books=BooksNow(
                imbalance={(one, fault): 0 for one in SYSTEMS for fault in Fault},
                compared=dict.fromkeys(SYSTEMS, 100),
            ),
        )

    def _unit(self, unit: WorldUnit, at: float) -> ReportingUnit:
        heard = self.heard.get(unit.org_nr, 0.0)
        begun = Agreement.BEGUN if heard else Agreement.EXPECTED
        paused = unit.trouble is Trouble.PAUSED and bool(heard)
        since = datetime.fromtimestamp(heard, UTC) if heard else None
        due = next_deadline(
            Expectation(heard=since, agreed_from=datetime.fromtimestamp(self.now, UTC).date())
            if since is None
            else Expectation(heard=since)
        )
        content = self.content.get(unit.org_nr, 0.0)
        return ReportingUnit(
            org_nr=unit.org_nr,
            system=unit.system.value,
            municipality=unit.municipality,
            software_version=unit.release if heard else "unknown",
            agreement=Agreement.PAUSED if paused else begun,
            last_delivery=heard,
            last_content=content,
            days_without_content=int((at - content) / 86_400) if content else None,
            due=None if paused or due is None else due.timestamp(),
            blocked_since=self.blocked.get(unit.org_nr),
            blocked_reason=(
                "RELEASE_STOPPED" if unit.trouble is Trouble.BROKEN_RELEASE else "COUNT_MISMATCH"
            ),
            next_sequence=2,
            missing=1 if unit.trouble is Trouble.GAP and heard else 0,
            covered_months=min(MONTHS, self.covered[unit.org_nr]) if heard else 0,
            expected_months=MONTHS,
        )

    def _exposition(self, at: float) -> Iterator[str]:
        for kind, registry in self.registries.items():
            served = self.metrics[kind]
            served.of(process.READY).set(1)
            served.of(process.DISK_FREE).set(6.2e11)
            served.of(process.DISK_SIZE).set(9e11)
            job, name = f"kpr-{kind.value}", _TARGETS[kind]
            own = f'job="{job}",name="{name}",process="{kind.value}",instance="{name}:9410"'
            lines = generate_latest(registry).decode().splitlines()
            lines += ["up 1", f"process_start_time_seconds {self.now - 9e5}"]
            lines += [f"process_resident_memory_bytes {3e8 + 4e7 * len(name)}"]
            lines += [f"process_cpu_seconds_total {(at - self.now + 4e5) * 0.11}"]
            yield from (_with(line, own, at) for line in lines if not line.startswith("#"))


_TARGETS: Final = {
    Process.WORKER: "worker-1",
    Process.CONTENT_SINK: "content",
    Process.IDENTITY_SINK: "identity",
    Process.PROJECTOR: "projector",
    Process.EXPORTER: "exporter",
    Process.PROBE: "probe",
}
_SINKS: Final = {Process.CONTENT_SINK: "content", Process.IDENTITY_SINK: "identity"}


def _sends(unit: WorldUnit, hour: int) -> bool:
    match unit.trouble:
        case Trouble.NEVER_HEARD:
            return False
        case Trouble.SILENT | Trouble.PAUSED:
            return hour < 24
        case _:
            return True


def _with(line: str, own: str, at: float) -> str:
    series, value = line.rsplit(" ", 1)
    name, brace, labels = series.partition("{")
    inside = f"{own},{labels[:-1]}" if brace else own
    return f"{name}{{{inside}}} {value} {int(at)}\n"
