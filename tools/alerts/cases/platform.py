"""Cases of the alerts about processes, disks, keys and alerting itself."""

from __future__ import annotations

from typing import Final

from tools.alerts.alert import Severity
from tools.alerts.case import Case, Firing

_KEY: Final = {"purpose": "delivery", "key_id": "2026-1"}
_EXPIRES: Final = 'kpr_key_expires_timestamp_seconds{purpose="delivery",key_id="2026-1"}'
_WHERE: Final = {"instance": "host:9410"}
_CHECKED: Final = "kpr_books_checked_timestamp_seconds"
_TARGET: Final = {"job": "kpr-worker", "instance": "host:9410", "name": "w", "process": "worker"}
_UP: Final = 'up{job="kpr-worker",instance="host:9410",name="w",process="worker"}'


def _disk(free: str) -> dict[str, str]:
    return {
        'kpr_disk_free_bytes{instance="host:9410"}': free,
        'kpr_disk_size_bytes{instance="host:9410"}': "1000x400",
    }


CASES: Final = (
    Case(
        alert="KeyExpires",
        why="in ten days",
        series={_EXPIRES: "864600x60"},
        at="10m",
        fires=[Firing(labels=_KEY, value="10d 0h 0m 0s", severity=Severity.TICKET)],
    ),
    Case(
        alert="KeyExpires",
        why="tomorrow",
        series={_EXPIRES: "87000x60"},
        at="10m",
        fires=[
            Firing(labels=_KEY, value="1d 0h 0m 0s", severity=Severity.TICKET),
            Firing(labels=_KEY, value="1d 0h 0m 0s", severity=Severity.PAGE),
        ],
    ),
    Case(
        alert="KeyExpires",
        why="in a year",
        series={_EXPIRES: "31536000x60"},
        at="10m",
    ),
    Case(
        alert="DiskFills",
        why="a tenth is free",
        series=_disk("100x120"),
        at="60m",
        fires=[Firing(labels=_WHERE, value="10%", severity=Severity.TICKET)],
    ),
    Case(
        alert="DiskFills",
        why="a fiftieth is free",
        series=_disk("20x120"),
        at="60m",
        fires=[
            Firing(labels=_WHERE, value="2%", severity=Severity.TICKET),
            Firing(labels=_WHERE, value="2%", severity=Severity.PAGE),
        ],
    ),
    Case(
        alert="DiskFills",
        why="a third is free, and it is used up in an hour",
        series=_disk("360-1x120"),
        at="60m",
        fires=[Firing(labels=_WHERE, value="30%", severity=Severity.TICKET)],
    ),
    Case(
        alert="DiskFills",
        why="a third is free, and it stays so",
        series=_disk("300x120"),
        at="60m",
    ),
    Case(
        alert="TargetDown",
        why="it has not answered for ten minutes",
        series={_UP: "1x5 0x60"},
        at="16m",
        fires=[Firing(labels=_TARGET)],
    ),
    Case(
        alert="TargetDown",
        why="it was restarted",
        series={_UP: "1x5 0x2 1x60"},
        at="16m",
    ),
    Case(
        alert="TargetDown",
        why="a process of somebody else",
        series={'up{job="node",instance="host:9100"}': "0x60"},
        at="16m",
    ),
    Case(
        alert="ExporterAbsent",
        why="it does not run",
        series={},
        at="10m",
        fires=[Firing()],
    ),
    Case(
        alert="ExporterAbsent",
        why="it has not read the topics for an hour",
        series={_CHECKED: "600x240"},
        at="70m",
        fires=[Firing()],
    ),
    Case(
        alert="ExporterAbsent",
        why="it reads the topics each minute",
        series={_CHECKED: "0+60x240"},
        at="70m",
    ),
    Case(
        alert="Watchdog",
        why="always",
        series={},
        at="10m",
        fires=[Firing()],
    ),
)
