"""Declare every metric once, create them for Prometheus and serve them.

Every metric is one row: process, name, type, unit, labels and help. A process creates its rows in
a registry of its own and reaches each by its row:
``metrics.of(ITEMS, system, municipality, outcome).inc(3)``. docs/operate/metrics.md lists the same
rows. tests/integration/test_metrics.py sees each of them move, so a row that no code updates fails.

Label values are bounded: systems, statuses, outcomes and rules are lists of the project. A
municipality code that the reference data do not contain is counted as ``unknown``. No label holds
anything about a person.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar, cast

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from kpr_stream.errors import ConfigurationError
from kpr_stream.settings import Settings

UNKNOWN: Final = "unknown"
"""The label value for everything that is not on the list of its label."""

_SHORT_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Buckets for frames, commits and batches: they take milliseconds; ten seconds is an incident."""
_OPENING_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Buckets for opening a lane: a moment, or minutes where the ledger is rebuilt."""

Instrument = TypeVar("Instrument", Counter, Gauge, Histogram)


class Process(StrEnum):
    """The processes that serve metrics."""

    WORKER = "worker"
    SINK = "sink"
    EXPORTER = "exporter"


class MetricUnit(StrEnum):
    """What one unit of a metric's value is."""

    BYTES = "bytes"
    COMMANDS = "commands"
    DELIVERIES = "deliveries"
    FINDINGS = "findings"
    ITEMS = "items"
    KEYS = "keys"
    LANES = "lanes"
    MONTHS = "months"
    OFFSETS = "offsets"
    PARTITIONS = "partitions"
    RECORDS = "records"
    ROWS = "rows"
    SECONDS = "seconds"
    TRANSACTIONS = "transactions"
    UNITS = "units"
    UNIX_SECONDS = "seconds since 1970"
    ONE = "always 1"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Metric(Generic[Instrument]):
    """One row of the table: one metric as Prometheus shows it."""

    served_by: Process
    name: str
    type: type[Instrument]
    unit: MetricUnit
    labels: tuple[str, ...] = ()
    help: str
    buckets: tuple[float, ...] = _SHORT_SECONDS
    """Upper bounds; read for histograms only."""


_SOURCE: Final = ("system", "municipality")
_PARTITION: Final = ("sink", "topic", "partition")

DELIVERIES: Final = Metric(
    served_by=Process.WORKER,
    name="kpr_deliveries_total",
    type=Counter,
    unit=MetricUnit.DELIVERIES,
    labels=(*_SOURCE, "status"),
    help="Deliveries answered, by the receipt's status.",
)
ITEMS: Final = Metric(
    served_by=Process.WORKER,
    name="kpr_items_total",
    type=Counter,
    unit=MetricUnit.ITEMS,
    labels=(*_SOURCE, "outcome"),
    help="Items received, by outcome.",
)
RULE_FINDINGS: Final = Metric(
    served_by=Process.WORKER,
    name="kpr_rule_findings_total",
    type=Counter,
    unit=MetricUnit.FINDINGS,
    labels=("system", "rule"),
    help="Findings of a rule.",
)
DELIVERY_BYTES: Final = Metric(
    served_by=Process.WORKER,
    name="kpr_delivery_bytes_total",
    type=Counter,
    unit=MetricUnit.BYTES,
    labels=("system",),
    help="Bytes of deliveries received.",
)
UNITS_BLOCKED: Final = Metric(
    served_by=Process.WORKER,
    name="kpr_units_blocked",
    type=Gauge,
    unit=MetricUnit.UNITS,
    labels=("system",),
    help="Units waiting for a corrected delivery.",
)
LAST_DELIVERY: Final = Metric(
    served_by=Process.WORKER,
    name="kpr_last_delivery_timestamp_seconds",
    type=Gauge,
    unit=MetricUnit.UNIX_SECONDS,
    labels=_SOURCE,
    help="When the broker received the newest delivery.",
)
COMMANDS: Final = Metric(
    served_by=Process.WORKER,
    name="kpr_commands_total",
    type=Counter,
    unit=MetricUnit.COMMANDS,
    labels=("kind", "status"),
    help="Commands answered by a lane.",
)
REPLAYED_ITEMS: Final = Metric(
    served_by=Process.WORKER,
    name="kpr_replayed_items_total",
    type=Counter,
    unit=MetricUnit.ITEMS,
    labels=("system", "outcome"),
    help="Rejected items that a command has received again, by their new outcome.",
)
LANE_WAITING: Final = Metric(
    served_by=Process.WORKER,
    name="kpr_lane_waiting_records",
    type=Gauge,
    unit=MetricUnit.RECORDS,
    labels=("lane",),
    help="Records that wait in a lane.",
)
LANES_OPEN: Final = Metric(
    served_by=Process.WORKER,
    name="kpr_lanes_open",
    type=Gauge,
    unit=MetricUnit.LANES,
    help="Lanes that this process serves.",
)
LANE_OPENINGS: Final = Metric(
    served_by=Process.WORKER,
    name="kpr_lane_openings_total",
    type=Counter,
    unit=MetricUnit.LANES,
    help="Lanes opened.",
)
LANE_OPENING_SECONDS: Final = Metric(
    served_by=Process.WORKER,
    name="kpr_lane_opening_seconds",
    type=Histogram,
    unit=MetricUnit.SECONDS,
    help="From the fence to the first record, ledger catch-up included.",
    buckets=_OPENING_SECONDS,
)
FRAME_SECONDS: Final = Metric(
    served_by=Process.WORKER,
    name="kpr_frame_seconds",
    type=Histogram,
    unit=MetricUnit.SECONDS,
    help="Decryption, rules and enrichment of one frame.",
)
COMMIT_SECONDS: Final = Metric(
    served_by=Process.WORKER,
    name="kpr_commit_seconds",
    type=Histogram,
    unit=MetricUnit.SECONDS,
    help="One Kafka transaction, begin to commit.",
)
COMMITS: Final = Metric(
    served_by=Process.WORKER,
    name="kpr_commits_total",
    type=Counter,
    unit=MetricUnit.TRANSACTIONS,
    help="Kafka transactions committed.",
)
ABORTS: Final = Metric(
    served_by=Process.WORKER,
    name="kpr_aborts_total",
    type=Counter,
    unit=MetricUnit.TRANSACTIONS,
    help="Kafka transactions aborted.",
)
LEDGER_ENTRIES: Final = Metric(
    served_by=Process.WORKER,
    name="kpr_ledger_entries",
    type=Gauge,
    unit=MetricUnit.KEYS,
    labels=("lane",),
    help="Keys that a ledger holds.",
)
LEDGER_REBUILT: Final = Metric(
    served_by=Process.WORKER,
    name="kpr_ledger_rebuilt_records_total",
    type=Counter,
    unit=MetricUnit.RECORDS,
    help="Records read to rebuild ledgers.",
)
SINK_ROWS: Final = Metric(
    served_by=Process.SINK,
    name="kpr_sink_rows_total",
    type=Counter,
    unit=MetricUnit.ROWS,
    labels=("sink",),
    help="Rows merged or erased.",
)
SINK_BATCHES: Final = Metric(
    served_by=Process.SINK,
    name="kpr_sink_batches_total",
    type=Counter,
    unit=MetricUnit.TRANSACTIONS,
    labels=("sink",),
    help="Database transactions committed.",
)
SINK_BATCH_SECONDS: Final = Metric(
    served_by=Process.SINK,
    name="kpr_sink_batch_seconds",
    type=Histogram,
    unit=MetricUnit.SECONDS,
    labels=("sink",),
    help="One database transaction, retries included.",
)
SINK_REBUILDS: Final = Metric(
    served_by=Process.SINK,
    name="kpr_sink_rebuilds_total",
    type=Counter,
    unit=MetricUnit.PARTITIONS,
    labels=("sink",),
    help="Partitions read from the beginning.",
)
SINK_POSITION: Final = Metric(
    served_by=Process.SINK,
    name="kpr_sink_position",
    type=Gauge,
    unit=MetricUnit.OFFSETS,
    labels=_PARTITION,
    help="Next offset to read.",
)
SINK_LAG: Final = Metric(
    served_by=Process.SINK,
    name="kpr_sink_lag_records",
    type=Gauge,
    unit=MetricUnit.OFFSETS,
    labels=_PARTITION,
    help="Offsets between the next one to read and the end.",
)

AnyMetric = Metric[Counter] | Metric[Gauge] | Metric[Histogram]

METRICS: Final[tuple[AnyMetric, ...]] = tuple(
    row for row in tuple(globals().values()) if isinstance(row, Metric)
)
"""Every row above, in its order. Collected, so that none can be forgotten."""


class Metrics:
    """The metrics of one process, created in ``registry`` from their rows."""

    def __init__(
        self,
        served_by: Process,
        registry: CollectorRegistry,
        *,
        municipalities: Collection[str] = frozenset(),
    ) -> None:
        """``municipalities``: the codes that may be label values, from the reference data."""
        self._municipalities = frozenset(municipalities)
        self._instruments = {
            metric: _create(metric, registry) for metric in METRICS if metric.served_by is served_by
        }

    def of(self, metric: Metric[Instrument], *labels: str | int) -> Instrument:
        """Return the counter, gauge or histogram with these label values.

        The values are in the row's order. ValueError if their number is wrong, KeyError if this
        process does not serve the metric.
        """
        instrument: Any = self._instruments[metric]
        values = self._bounded(metric, labels)
        return cast("Instrument", instrument.labels(*values) if values else instrument)

    def forget(self, metric: Metric[Instrument], *labels: str | int) -> None:
        """Stop serving the value of these labels, where another process serves it now."""
        self._instruments[metric].remove(*self._bounded(metric, labels))

    def _bounded(self, metric: AnyMetric, labels: Sequence[str | int]) -> list[str]:
        values = [str(value) for value in labels]
        return [
            UNKNOWN if name == "municipality" and value not in self._municipalities else value
            for name, value in zip(metric.labels, values, strict=True)
        ]


def serve(settings: Settings, registry: CollectorRegistry) -> int:
    """Serve the registry over HTTP from a thread; return the port it listens on.

    Port 0 in the settings asks for a free one. ConfigurationError if the address cannot be bound.
    The thread ends with the process.
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


def _create(metric: AnyMetric, registry: CollectorRegistry) -> Counter | Gauge | Histogram:
    if metric.type is Histogram:
        return Histogram(
            metric.name, metric.help, metric.labels, buckets=metric.buckets, registry=registry
        )
    return metric.type(metric.name, metric.help, metric.labels, registry=registry)
