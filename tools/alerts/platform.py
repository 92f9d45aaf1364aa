"""Alerts about processes, disks, keys, and about alerting itself."""

from __future__ import annotations

from typing import Final

from kpr_stream.overview.limits import FREE_SHARE, KEY_S, STALE_S
from tools.alerts.alert import Alert, Group, Severity
from tools.alerts.durations import number

_FREE: Final = (
    "min by (instance) (kpr_disk_free_bytes)\n"
    "/ on (instance) max by (instance) (kpr_disk_size_bytes)"
)
_LEFT: Final = "min by (purpose, key_id) (kpr_key_expires_timestamp_seconds) - time()"

ALERTS: Final = (
    Alert(
        name="KeyExpires",
        group=Group.PLATFORM,
        severity=Severity.TICKET,
        expression=f"{_LEFT} < {number(KEY_S)}",
        summary="The {{ $labels.purpose }} key {{ $labels.key_id }} expires",
        description=(
            "It expires in {{ $value | humanizeDuration }}. Give vendors the next public key in "
            "time: a delivery under an unknown key is refused."
        ),
    ),
    Alert(
        name="KeyExpires",
        group=Group.PLATFORM,
        severity=Severity.PAGE,
        expression=f"{_LEFT} < <3d>",
        summary="The {{ $labels.purpose }} key {{ $labels.key_id }} expires within three days",
        description=(
            "It expires in {{ $value | humanizeDuration }}. After that every delivery under it is "
            "refused, and whole systems become silent."
        ),
    ),
    Alert(
        name="DiskFills",
        group=Group.PLATFORM,
        severity=Severity.TICKET,
        expression=(
            f"{_FREE} < {FREE_SHARE}\n"
            "or (\n"
            f"  {_FREE.replace(chr(10), chr(10) + '  ')} < 0.4\n"
            "  and on (instance)\n"
            "  min by (instance) (predict_linear(kpr_disk_free_bytes[6h], <4d>)) < 0\n"
            ")"
        ),
        lasts="30m",
        summary="The disk of {{ $labels.instance }} fills",
        description=(
            "{{ $value | humanizePercentage }} are free, and at this rate it is full within four "
            "days. A ledger on a full disk stops its lane."
        ),
    ),
    Alert(
        name="DiskFills",
        group=Group.PLATFORM,
        severity=Severity.PAGE,
        expression=f"{_FREE} < 0.05",
        lasts="5m",
        summary="The disk of {{ $labels.instance }} is almost full",
        description=(
            "{{ $value | humanizePercentage }} are free. Brokers and databases on a full disk "
            "stop, and what is being written may be lost."
        ),
    ),
    Alert(
        name="TargetDown",
        group=Group.PLATFORM,
        severity=Severity.TICKET,
        expression='up{job=~"kpr-.+"} == 0',
        lasts="5m",
        summary="{{ $labels.job }} at {{ $labels.instance }} does not answer",
        description=(
            "Prometheus cannot read its metrics. The process was killed, hangs, or cannot be "
            "reached. What it does is done by others, or other alerts say so."
        ),
    ),
    Alert(
        name="ExporterAbsent",
        group=Group.PLATFORM,
        severity=Severity.PAGE,
        expression=(
            "absent(kpr_books_checked_timestamp_seconds)\n"
            f"or time() - max(kpr_books_checked_timestamp_seconds) > {number(STALE_S)}"
        ),
        lasts="5m",
        summary="Nobody watches units and books",
        description=(
            "The exporter does not run or cannot read the topics. Silent units, lost deliveries "
            "and stopped releases go unnoticed until it does."
        ),
    ),
    Alert(
        name="Watchdog",
        group=Group.PLATFORM,
        severity=Severity.INFO,
        expression="vector(1)",
        summary="Alerts arrive",
        description=(
            "Always firing. A dead man's switch outside this installation calls somebody when this "
            "alert no longer arrives."
        ),
    ),
)
