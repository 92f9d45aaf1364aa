"""The metrics of the probe."""

from __future__ import annotations

from typing import Final

from prometheus_client import Gauge, Histogram

from kpr_stream.metrics.metric import LATENCY_SECONDS, PROBE, Metric, MetricUnit

PROBE_LATENCY: Final = Metric(
    served_by=PROBE,
    name="kpr_probe_latency_seconds",
    type=Histogram,
    unit=MetricUnit.SECONDS,
    help="From sending a hello to reading its receipt, attempts after an outage included.",
    buckets=LATENCY_SECONDS,
)
PROBE_SUCCESS: Final = Metric(
    served_by=PROBE,
    name="kpr_probe_last_success_timestamp_seconds",
    type=Gauge,
    unit=MetricUnit.UNIX_SECONDS,
    help="When a hello was last answered; 0: not since start.",
)
