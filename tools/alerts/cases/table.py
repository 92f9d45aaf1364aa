"""All cases, in the order of the alerts."""

from __future__ import annotations

from typing import Final

from tools.alerts.case import Case
from tools.alerts.cases import platform, projector, receiver, releases, sinks, slo, units

CASES: Final[tuple[Case, ...]] = (
    *units.CASES,
    *releases.CASES,
    *receiver.CASES,
    *sinks.CASES,
    *projector.CASES,
    *platform.CASES,
    *slo.CASES,
)
