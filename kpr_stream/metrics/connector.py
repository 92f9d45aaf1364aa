"""The metrics of a connector that follows a folder."""

from __future__ import annotations

from typing import Final

from prometheus_client import Gauge

from kpr_stream.metrics.metric import CONNECTOR, Metric, MetricUnit

CONNECTOR_UNITS: Final = Metric(
    served_by=CONNECTOR,
    name="kpr_connector_units",
    type=Gauge,
    unit=MetricUnit.UNITS,
    labels=("system", "status"),
    help="Units in the outbox; `blocked` and `stopped` wait for a person.",
)
CONNECTOR_UNANSWERED: Final = Metric(
    served_by=CONNECTOR,
    name="kpr_connector_unanswered_deliveries",
    type=Gauge,
    unit=MetricUnit.DELIVERIES,
    labels=("system",),
    help="Deliveries in the outbox that no receipt has answered.",
)
CONNECTOR_OLDEST: Final = Metric(
    served_by=CONNECTOR,
    name="kpr_connector_oldest_unanswered_timestamp_seconds",
    type=Gauge,
    unit=MetricUnit.UNIX_SECONDS,
    labels=("system",),
    help="When the oldest of them was made; 0: all are answered.",
)
CONNECTOR_SENT: Final = Metric(
    served_by=CONNECTOR,
    name="kpr_connector_last_sent_timestamp_seconds",
    type=Gauge,
    unit=MetricUnit.UNIX_SECONDS,
    labels=("system",),
    help="When a delivery was last sent; 0: never.",
)
CONNECTOR_ANSWERED: Final = Metric(
    served_by=CONNECTOR,
    name="kpr_connector_last_answered_timestamp_seconds",
    type=Gauge,
    unit=MetricUnit.UNIX_SECONDS,
    labels=("system",),
    help="When a delivery was last answered; 0: never.",
)
CONNECTOR_ERRORS: Final = Metric(
    served_by=CONNECTOR,
    name="kpr_connector_items_with_errors",
    type=Gauge,
    unit=MetricUnit.ITEMS,
    labels=("system",),
    help="Items whose last version broke a rule.",
)
CONNECTOR_MISSING: Final = Metric(
    served_by=CONNECTOR,
    name="kpr_connector_missing_files",
    type=Gauge,
    unit=MetricUnit.FILES,
    labels=("system",),
    help="File numbers that are missing between two others.",
)
CONNECTOR_DAYS: Final = Metric(
    served_by=CONNECTOR,
    name="kpr_connector_days_without_file",
    type=Gauge,
    unit=MetricUnit.DAYS,
    labels=("system",),
    help="Days that no file covers, between the first and the last, in all folders.",
)
CONNECTOR_OUTBOX: Final = Metric(
    served_by=CONNECTOR,
    name="kpr_connector_outbox_bytes",
    type=Gauge,
    unit=MetricUnit.BYTES,
    labels=("system",),
    help="Size of the outbox and of its write-ahead log.",
)
