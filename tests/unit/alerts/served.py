"""What the product serves: the metrics that alerts may name, with their labels and values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from prometheus_client import Histogram

from kpr_stream.audit.books import Fault
from kpr_stream.exporter.rows import ROWS
from kpr_stream.exporter.units import Agreement
from kpr_stream.metrics.table import METRICS
from kpr_stream.model.words import OUTCOMES, SYSTEMS, Cause, Refusal, Severity
from kpr_stream.sinks.tables import SinkKind
from tools.alerts.table import RECORDED

OF_TARGETS: Final = frozenset({"job", "instance", "process", "name"})
"""Labels that Prometheus adds to everything, from the discovery files."""

LABELS: Final[Mapping[str, frozenset[str]]] = {
    "up": OF_TARGETS,
    **{
        row.name + suffix: frozenset(row.labels) | more | OF_TARGETS
        for row in (*METRICS, *ROWS)
        for suffix, more in (
            (("_bucket", {"le"}), ("_count", set[str]()), ("_sum", set[str]()))
            if row.type is Histogram
            else (("", set[str]()),)
        )
    },
    **{one.name: frozenset(name for name, _ in one.labels) for one in RECORDED},
}
"""The labels of every series, by its name; of recorded ones those that the rule adds."""

VALUES: Final[Mapping[str, Collection[str]]] = {
    "agreement": tuple(Agreement),
    "cause": tuple(Cause),
    "fault": tuple(Fault),
    "outcome": tuple(one.value for one in OUTCOMES),
    "reason": tuple(Refusal),
    "severity": tuple(Severity),
    "sink": tuple(SinkKind),
    "slo": ("receipts", "rows"),
    "system": tuple(SYSTEMS),
}
"""The values that a label can have, where they come from a fixed list."""
