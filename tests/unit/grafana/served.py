"""What dashboards may ask for: what alerts may name, the alerts, and the process collector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.unit.alerts.served import LABELS as OF_RULES
from tests.unit.alerts.served import OF_TARGETS

ALERTS: Final = frozenset({"ALERTS", "ALERTS_FOR_STATE"})
_OF_ALERTS: Final = frozenset(
    {
        *("alertname", "alertstate", "severity", "org_nr", "system", "software_version"),
        *("sink", "municipality_name", "instance"),
    }
)
_OF_PROCESSES: Final = (
    "process_start_time_seconds",
    "process_resident_memory_bytes",
    "process_cpu_seconds_total",
)

LABELS: Final[Mapping[str, frozenset[str]]] = {
    **OF_RULES,
    **dict.fromkeys(ALERTS, _OF_ALERTS),
    **dict.fromkeys(_OF_PROCESSES, OF_TARGETS),
}
"""The labels of every series, by its name."""
