"""The table of all metrics."""

from __future__ import annotations

from typing import Final

from kpr_stream.metrics import connector, probe, process, projector, sink, worker
from kpr_stream.metrics.metric import AnyMetric, Metric

METRICS: Final[tuple[AnyMetric, ...]] = tuple(
    row
    for rows in (process, worker, sink, probe, projector, connector)
    for row in tuple(vars(rows).values())
    if isinstance(row, Metric)
)
"""Every row, in its order. Collected, so that none can be forgotten."""
