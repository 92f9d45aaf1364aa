"""All alerts and recorded expressions, in the order of their groups."""

from __future__ import annotations

from typing import Final

from tools.alerts import platform, projector, receiver, releases, sinks, slo, units
from tools.alerts.alert import Alert, Recorded

ALERTS: Final[tuple[Alert, ...]] = (
    *units.ALERTS,
    *releases.ALERTS,
    *receiver.ALERTS,
    *sinks.ALERTS,
    *projector.ALERTS,
    *platform.ALERTS,
    *slo.ALERTS,
)
RECORDED: Final[tuple[Recorded, ...]] = (*releases.RECORDED, *slo.RECORDED)
NAMES: Final = tuple(dict.fromkeys(alert.name for alert in ALERTS))
