"""Every metric, once: its name, its labels, its meaning. docs/operate/metrics.md is compared.

Labels are bounded: systems, statuses and rules are lists of ours; a municipality code that the
reference does not know is counted as ``unknown``. No label ever holds anything about a person.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from kpr_stream.errors import ConfigurationError
from kpr_stream.model.command import ResultStatus
from kpr_stream.model.words import Outcome, ReceiptStatus, System
from kpr_stream.settings import Settings

UNKNOWN = "unknown"

_SHORT_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Frames, commits and batches take milliseconds; ten seconds is an incident."""
_OPENING_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""An opening is quick, or it rebuilds a ledger."""


class Kind(StrEnum):
    """Prometheus's types that we use."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric as Prometheus shows it."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = _SHORT_SECONDS


_WHERE = ("system", "municipality")

DELIVERIES = Metric(
    "kpr_deliveries_total",
    Kind.COUNTER,
    "Deliveries answered, by the receipt's status.",
    (*_WHERE, "status"),
)
ITEMS = Metric("kpr_items_total", Kind.COUNTER, "Items received, by outcome.", (*_WHERE, "outcome"))
RULE_FINDINGS = Metric(
    "kpr_rule_findings_total", Kind.COUNTER, "Findings of a rule.", ("system", "rule")
)
DELIVERY_BYTES = Metric(
    "kpr_delivery_bytes_total", Kind.COUNTER, "Bytes of deliveries received.", ("system",)
)
UNITS_BLOCKED = Metric(
    "kpr_units_blocked", Kind.GAUGE, "Units waiting for a corrected delivery.", ("system",)
)
LAST_DELIVERY = Metric(
    "kpr_last_delivery_timestamp_seconds",
    Kind.GAUGE,
    "When the broker received the newest delivery.",
    _WHERE,
)
COMMANDS = Metric(
    "kpr_commands_total", Kind.COUNTER, "Commands answered by a lane.", ("kind", "status")
)
REPLAYED_ITEMS = Metric(
    "kpr_replayed_items_total",
    Kind.COUNTER,
    "Items judged again by a command; they are received only once.",
    ("system", "outcome"),
)
LANE_WAITING = Metric(
    "kpr_lane_waiting_records",
    Kind.GAUGE,
    "Records that wait in a lane.",
    ("lane",),
)
LANES_OPEN = Metric("kpr_lanes_open", Kind.GAUGE, "Lanes that this process serves.")
LANE_OPENINGS = Metric("kpr_lane_openings_total", Kind.COUNTER, "Lanes opened.")
LANE_OPENING_SECONDS = Metric(
    "kpr_lane_opening_seconds",
    Kind.HISTOGRAM,
    "From the fence to the first record, ledger catch-up included.",
    buckets=_OPENING_SECONDS,
)
FRAME_SECONDS = Metric("kpr_frame_seconds", Kind.HISTOGRAM, "Rules and enrichment of one frame.")
COMMIT_SECONDS = Metric(
    "kpr_commit_seconds", Kind.HISTOGRAM, "One Kafka transaction, begin to commit."
)
COMMITS = Metric("kpr_commits_total", Kind.COUNTER, "Kafka transactions committed.")
ABORTS = Metric("kpr_aborts_total", Kind.COUNTER, "Kafka transactions aborted.")
LEDGER_ENTRIES = Metric("kpr_ledger_entries", Kind.GAUGE, "Keys that a ledger holds.", ("lane",))
LEDGER_REBUILT = Metric(
    "kpr_ledger_rebuilt_records_total", Kind.COUNTER, "Records read to rebuild ledgers."
)
SINK_ROWS = Metric("kpr_sink_rows_total", Kind.COUNTER, "Rows merged or erased.", ("sink",))
SINK_BATCHES = Metric(
    "kpr_sink_batches_total", Kind.COUNTER, "Database transactions committed.", ("sink",)
)
SINK_BATCH_SECONDS = Metric(
    "kpr_sink_batch_seconds",
    Kind.HISTOGRAM,
    "One database transaction, retries included.",
    ("sink",),
)
SINK_REBUILDS = Metric(
    "kpr_sink_rebuilds_total", Kind.COUNTER, "Partitions read from the beginning.", ("sink",)
)
_PLACE = ("sink", "topic", "partition")
SINK_POSITION = Metric("kpr_sink_position", Kind.GAUGE, "Next offset to read.", _PLACE)
SINK_LAG = Metric(
    "kpr_sink_lag_records", Kind.GAUGE, "Offsets between the next one to read and the end.", _PLACE
)

METRICS: tuple[Metric, ...] = (
    DELIVERIES,
    ITEMS,
    RULE_FINDINGS,
    DELIVERY_BYTES,
    UNITS_BLOCKED,
    LAST_DELIVERY,
    COMMANDS,
    REPLAYED_ITEMS,
    LANE_WAITING,
    LANES_OPEN,
    LANE_OPENINGS,
    LANE_OPENING_SECONDS,
    FRAME_SECONDS,
    COMMIT_SECONDS,
    COMMITS,
    ABORTS,
    LEDGER_ENTRIES,
    LEDGER_REBUILT,
    SINK_ROWS,
    SINK_BATCHES,
    SINK_BATCH_SECONDS,
    SINK_REBUILDS,
    SINK_POSITION,
    SINK_LAG,
)


class Metrics:
    """The metrics of one process, in a registry of its own."""

    def __init__(
        self, registry: CollectorRegistry, *, municipalities: Collection[str] = frozenset()
    ) -> None:
        """``municipalities``: the codes that may be labels, from the reference."""
        self._municipalities = frozenset(municipalities)
        self._deliveries = _counter(DELIVERIES, registry)
        self._items = _counter(ITEMS, registry)
        self._rule_findings = _counter(RULE_FINDINGS, registry)
        self._delivery_bytes = _counter(DELIVERY_BYTES, registry)
        self._units_blocked = _gauge(UNITS_BLOCKED, registry)
        self._last_delivery = _gauge(LAST_DELIVERY, registry)
        self._commands = _counter(COMMANDS, registry)
        self._replayed_items = _counter(REPLAYED_ITEMS, registry)
        self._lane_waiting = _gauge(LANE_WAITING, registry)
        self.lanes_open = _gauge(LANES_OPEN, registry)
        self.lane_openings = _counter(LANE_OPENINGS, registry)
        self.lane_opening_seconds = _histogram(LANE_OPENING_SECONDS, registry)
        self.frame_seconds = _histogram(FRAME_SECONDS, registry)
        self.commit_seconds = _histogram(COMMIT_SECONDS, registry)
        self.commits = _counter(COMMITS, registry)
        self.aborts = _counter(ABORTS, registry)
        self._ledger_entries = _gauge(LEDGER_ENTRIES, registry)
        self.ledger_rebuilt = _counter(LEDGER_REBUILT, registry)
        self._sink_rows = _counter(SINK_ROWS, registry)
        self._sink_batches = _counter(SINK_BATCHES, registry)
        self._sink_batch_seconds = _histogram(SINK_BATCH_SECONDS, registry)
        self._sink_rebuilds = _counter(SINK_REBUILDS, registry)
        self._sink_position = _gauge(SINK_POSITION, registry)
        self._sink_lag = _gauge(SINK_LAG, registry)

    def deliveries(self, system: System, municipality: str, status: ReceiptStatus) -> Counter:
        """Deliveries of a system and municipality with one receipt status."""
        return self._deliveries.labels(system.value, self._known(municipality), status.value)

    def items(self, system: System, municipality: str, outcome: Outcome) -> Counter:
        """Items of a system and municipality with one outcome."""
        return self._items.labels(system.value, self._known(municipality), outcome.value)

    def rule_findings(self, system: System, rule: str) -> Counter:
        """Findings of one rule of the catalogue."""
        return self._rule_findings.labels(system.value, rule)

    def delivery_bytes(self, system: System) -> Counter:
        """Bytes received from a system."""
        return self._delivery_bytes.labels(system.value)

    def units_blocked(self, system: System) -> Gauge:
        """Blocked units of a system."""
        return self._units_blocked.labels(system.value)

    def last_delivery(self, system: System, municipality: str) -> Gauge:
        """Time of the newest delivery of a system and municipality."""
        return self._last_delivery.labels(system.value, self._known(municipality))

    def commands(self, kind: str, status: ResultStatus) -> Counter:
        """Commands of one kind with one answer."""
        return self._commands.labels(kind, status.value)

    def replayed_items(self, system: System, outcome: Outcome) -> Counter:
        """Items of a system that were judged again, with one outcome."""
        return self._replayed_items.labels(system.value, outcome.value)

    def lane_waiting(self, lane: int) -> Gauge:
        """Records that wait in a lane."""
        return self._lane_waiting.labels(str(lane))

    def forget_lane(self, lane: int) -> None:
        """Stop showing a lane that another worker serves now."""
        for gauge in (self._lane_waiting, self._ledger_entries):
            gauge.remove(str(lane))

    def ledger_entries(self, lane: int) -> Gauge:
        """Keys in a lane's ledger."""
        return self._ledger_entries.labels(str(lane))

    def sink_rows(self, sink: str) -> Counter:
        """Rows that a sink wrote."""
        return self._sink_rows.labels(sink)

    def sink_batches(self, sink: str) -> Counter:
        """Transactions of a sink."""
        return self._sink_batches.labels(sink)

    def sink_batch_seconds(self, sink: str) -> Histogram:
        """Time of a sink's transactions."""
        return self._sink_batch_seconds.labels(sink)

    def sink_rebuilds(self, sink: str) -> Counter:
        """Partitions that a sink reads from the beginning."""
        return self._sink_rebuilds.labels(sink)

    def sink_position(self, sink: str, topic: str, partition: int) -> Gauge:
        """A sink's next offset in a partition."""
        return self._sink_position.labels(sink, topic, str(partition))

    def sink_lag(self, sink: str, topic: str, partition: int) -> Gauge:
        """How far a sink is behind in a partition."""
        return self._sink_lag.labels(sink, topic, str(partition))

    def _known(self, municipality: str) -> str:
        return municipality if municipality in self._municipalities else UNKNOWN


def serve(settings: Settings, registry: CollectorRegistry) -> int:
    """Serve the registry over HTTP from a thread; the port it listens on (0 asks for a free one).

    ConfigurationError if the address cannot be bound. Ends with the process.
    """
    try:
        server, _ = start_http_server(settings.metrics_port, settings.metrics_host, registry)
    except OSError as cause:
        raise ConfigurationError(
            f"The metrics endpoint cannot listen on {settings.metrics_host}:"
            f"{settings.metrics_port} ({cause.strerror or type(cause).__name__}).",
            what_to_do="Set KPR_METRICS_HOST and KPR_METRICS_PORT to a free address; 0: any port.",
        ) from cause
    return int(server.server_port)


def _counter(metric: Metric, registry: CollectorRegistry) -> Counter:
    return Counter(metric.name, metric.help, metric.labels, registry=registry)


def _gauge(metric: Metric, registry: CollectorRegistry) -> Gauge:
    return Gauge(metric.name, metric.help, metric.labels, registry=registry)


def _histogram(metric: Metric, registry: CollectorRegistry) -> Histogram:
    return Histogram(
        metric.name, metric.help, metric.labels, buckets=metric.buckets, registry=registry
    )
