"""The metrics of the projector."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge

from kpr_stream.metrics.metric import PROJECTOR, Metric, MetricUnit

PROJECTED: Final = Metric(
    served_by=PROJECTOR,
    name="kpr_projector_records_total",
    type=Counter,
    unit=MetricUnit.RECORDS,
    labels=("kind",),
    help="Records committed on the analysts' topic: `shown` with a value, `removed` without one.",
    foreseen=(("kind", ("shown", "removed")),),
)
PROJECTOR_POSITION: Final = Metric(
    served_by=PROJECTOR,
    name="kpr_projector_position",
    type=Gauge,
    unit=MetricUnit.OFFSETS,
    labels=("partition",),
    help="Next offset to read: everything before it is on the analysts' topic, or held.",
)
PROJECTOR_LAG: Final = Metric(
    served_by=PROJECTOR,
    name="kpr_projector_lag_records",
    type=Gauge,
    unit=MetricUnit.OFFSETS,
    labels=("partition",),
    help="Offsets between the next one to read and the end, as the last fetch saw it.",
)
PROJECTOR_OLDEST: Final = Metric(
    served_by=PROJECTOR,
    name="kpr_projector_oldest_waiting_seconds",
    type=Gauge,
    unit=MetricUnit.SECONDS,
    help="How long the oldest record has waited at most that is neither on the analysts' topic nor "
    "held; 0: none waits.",
)
PROJECTOR_HELD: Final = Metric(
    served_by=PROJECTOR,
    name="kpr_projector_held_records",
    type=Gauge,
    unit=MetricUnit.RECORDS,
    labels=("partition",),
    help="Records that wait for the end of a child's week of birth.",
)
PROJECTOR_COMMITTED: Final = Metric(
    served_by=PROJECTOR,
    name="kpr_projector_last_commit_timestamp_seconds",
    type=Gauge,
    unit=MetricUnit.UNIX_SECONDS,
    help="When a transaction was last committed; 0: not since start.",
)
