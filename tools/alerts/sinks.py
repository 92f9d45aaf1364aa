"""Alerts about the sinks."""

from __future__ import annotations

from typing import Final

from kpr_stream.overview.limits import SINK_S
from kpr_stream.sinks.tables import SinkKind
from tools.alerts.alert import Alert, Group, Severity
from tools.alerts.durations import number

_LATE: Final = number(SINK_S)
_ABSENT: Final = "\nor ".join(
    f'absent(kpr_sink_last_commit_timestamp_seconds{{sink="{kind}"}})' for kind in SinkKind
)

ALERTS: Final = (
    Alert(
        name="SinkBehind",
        group=Group.SINKS,
        severity=Severity.TICKET,
        expression=f"max by (sink) (kpr_sink_oldest_unapplied_seconds) > {_LATE}",
        lasts="10m",
        summary="The {{ $labels.sink }} sink is behind",
        description=(
            "Its oldest record has waited for {{ $value | humanizeDuration }} to become a row. "
            "Analysts see older data; nothing is lost."
        ),
    ),
    Alert(
        name="SinkStopped",
        group=Group.SINKS,
        severity=Severity.TICKET,
        expression=(
            f"{_ABSENT}\n"
            "or (\n"
            f"  time() - max by (sink) (kpr_sink_last_commit_timestamp_seconds) > {_LATE}\n"
            f"  and on (sink) max by (sink) (kpr_sink_oldest_unapplied_seconds) > {_LATE}\n"
            ")"
        ),
        lasts="5m",
        summary="The {{ $labels.sink }} sink writes nothing",
        description=(
            "It does not run, or records wait and the database has committed none for ten minutes. "
            "The topics keep everything meanwhile."
        ),
    ),
)
