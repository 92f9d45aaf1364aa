"""The metrics of a sink."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from kpr_stream.metrics.metric import LATENCY_SECONDS, SINK, Metric, MetricUnit

_PARTITION: Final = ("sink", "topic", "partition")

SINK_ROWS: Final = Metric(
    served_by=SINK,
    name="kpr_sink_rows_total",
    type=Counter,
    unit=MetricUnit.ROWS,
    labels=("sink",),
    help="Rows merged or erased.",
)
SINK_BATCHES: Final = Metric(
    served_by=SINK,
    name="kpr_sink_batches_total",
    type=Counter,
    unit=MetricUnit.TRANSACTIONS,
    labels=("sink",),
    help="Database transactions committed.",
)
SINK_BATCH_SECONDS: Final = Metric(
    served_by=SINK,
    name="kpr_sink_batch_seconds",
    type=Histogram,
    unit=MetricUnit.SECONDS,
    labels=("sink",),
    help="One database transaction, retries included.",
)
SINK_REBUILDS: Final = Metric(
    served_by=SINK,
    name="kpr_sink_rebuilds_total",
    type=Counter,
    unit=MetricUnit.PARTITIONS,
    labels=("sink",),
    help="Partitions read from the beginning.",
)
SINK_POSITION: Final = Metric(
    served_by=SINK,
    name="kpr_sink_position",
    type=Gauge,
    unit=MetricUnit.OFFSETS,
    labels=_PARTITION,
    help="Next offset to apply: everything before it is in the database.",
)
SINK_LAG: Final = Metric(
    served_by=SINK,
    name="kpr_sink_lag_records",
    type=Gauge,
    unit=MetricUnit.OFFSETS,
    labels=_PARTITION,
    help="Offsets between the next one to apply and the end, as the last fetch saw it.",
)
SINK_ROW_LATENCY: Final = Metric(
    served_by=SINK,
    name="kpr_sink_row_latency_seconds",
    type=Histogram,
    unit=MetricUnit.SECONDS,
    labels=("sink", "system"),
    help="From a delivery's arrival at the broker to the commit of its rows, without rebuilds.",
    buckets=LATENCY_SECONDS,
)
SINK_APPLIED: Final = Metric(
    served_by=SINK,
    name="kpr_sink_last_applied_timestamp_seconds",
    type=Gauge,
    unit=MetricUnit.UNIX_SECONDS,
    labels=("sink",),
    help="When the newest delivery arrived whose rows are in the database; 0: none since start.",
)
SINK_OLDEST_UNAPPLIED: Final = Metric(
    served_by=SINK,
    name="kpr_sink_oldest_unapplied_seconds",
    type=Gauge,
    unit=MetricUnit.SECONDS,
    labels=("sink",),
    help="How long the oldest fetched record has waited since its delivery arrived; 0: none waits.",
)
SINK_COMMITTED: Final = Metric(
    served_by=SINK,
    name="kpr_sink_last_commit_timestamp_seconds",
    type=Gauge,
    unit=MetricUnit.UNIX_SECONDS,
    labels=("sink",),
    help="When the database last committed a batch; 0: not since start.",
)
SINK_CONNECTED: Final = Metric(
    served_by=SINK,
    name="kpr_sink_connected",
    type=Gauge,
    unit=MetricUnit.CONNECTIONS,
    labels=("sink",),
    help="1 while the sink has its one session with the database, 0 while it has lost it.",
)
SINK_RETRIES: Final = Metric(
    served_by=SINK,
    name="kpr_sink_retries_total",
    type=Counter,
    unit=MetricUnit.ATTEMPTS,
    labels=("sink", "cause"),
    help="Attempts repeated, by class of SQLSTATE; `unreachable`: the server did not answer.",
)
