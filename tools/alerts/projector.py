"""Alerts about the projector."""

from __future__ import annotations

from typing import Final

from kpr_stream.overview.limits import PROJECTOR_S
from tools.alerts.alert import Alert, Group, Severity
from tools.alerts.durations import number

_LATE: Final = number(PROJECTOR_S)
_OLDEST: Final = "max(kpr_projector_oldest_waiting_seconds)"
_COMMITTED: Final = "kpr_projector_last_commit_timestamp_seconds"

ALERTS: Final = (
    Alert(
        name="ProjectorBehind",
        group=Group.PROJECTOR,
        severity=Severity.TICKET,
        expression=f"{_OLDEST} > {_LATE}",
        lasts="10m",
        summary="The projector is behind",
        description=(
            "A record has waited for up to {{ $value | humanizeDuration }} to reach the analysts' "
            "topic. Analysts who follow it see older data; nothing is lost."
        ),
    ),
    Alert(
        name="ProjectorStopped",
        group=Group.PROJECTOR,
        severity=Severity.TICKET,
        expression=(
            f"absent({_COMMITTED})\n"
            f"or (time() - max({_COMMITTED}) > {_LATE} and {_OLDEST} > {_LATE})"
        ),
        lasts="5m",
        summary="The projector writes nothing",
        description=(
            "It does not run, or records wait and it has committed none for ten minutes. "
            "The cleaned topics keep everything meanwhile."
        ),
    ),
)
