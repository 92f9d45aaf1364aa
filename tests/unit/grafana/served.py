"""What dashboards may ask for: the metrics that the code serves, with their labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from prometheus_client import Histogram

from kpr_stream.exporter.rows import ROWS
from kpr_stream.metrics.table import METRICS

OF_TARGETS: Final = frozenset({"job", "instance", "process", "name"})
"""Labels that Prometheus adds to everything, from the discovery files."""
OF_ALERTS: Final = frozenset(
    {
        *("alertname", "alertstate", "severity", "org_nr", "system", "software_version"),
        *("sink", "municipality_name", "instance"),
    }
)
_TO_COME: Final[Mapping[str, tuple[str, ...]]] = {
    "kpr_stage_seconds_sum": ("stage",),
    "kpr_refusals_total": ("system", "cause"),
    "kpr_ledger_bytes": ("lane",),
    "kpr_lane_opening_records_left": ("lane",),
    "kpr_disk_free_bytes": (),
    "kpr_disk_size_bytes": (),
    "kpr_unprocessed_deliveries": ("system",),
    "kpr_release_items_total": ("system", "software_version", "outcome"),
    "kpr_release_stopped_since_timestamp_seconds": ("system", "software_version"),
    "kpr_unit_days_without_content": ("org_nr", "system"),
}
"""Series that are being added: each is taken out of this list when the code serves it."""

LABELS: Final[Mapping[str, frozenset[str]]] = {
    **{name: frozenset(labels) | OF_TARGETS for name, labels in _TO_COME.items()},
    "up": OF_TARGETS,
    "ALERTS": OF_ALERTS,
    "ALERTS_FOR_STATE": OF_ALERTS,
    **dict.fromkeys(
        (
            "process_start_time_seconds",
            "process_resident_memory_bytes",
            "process_cpu_seconds_total",
        ),
        OF_TARGETS,
    ),
    **{
        row.name + suffix: frozenset(row.labels) | more | OF_TARGETS
        for row in (*METRICS, *ROWS)
        for suffix, more in (
            (("_bucket", {"le"}), ("_count", set[str]()), ("_sum", set[str]()))
            if row.type is Histogram
            else (("", set[str]()),)
        )
    },
}
"""The labels of every series, by its name."""
