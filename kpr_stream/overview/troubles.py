"""What can be wrong, under the names of the alerts. Pure.

A trouble is shown at once; its alert waits until it has lasted.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

RUNBOOKS: Final = "docs/operate/runbooks"
"""The folder of the runbooks, one page for each alert, named after it."""


class AlertName(StrEnum):
    """The alerts that are judged, the most serious first."""

    BOOKS_DO_NOT_BALANCE = "BooksDoNotBalance"
    NO_COMMITS = "NoCommits"
    LANE_UNOWNED = "LaneUnowned"
    SYSTEM_SILENT = "SystemSilent"
    PROBE_FAILS = "ProbeFails"
    EXPORTER_ABSENT = "ExporterAbsent"
    DISK_FILLS = "DiskFills"
    KEY_EXPIRES = "KeyExpires"
    OLDEST_UNPROCESSED = "OldestUnprocessed"
    SINK_STOPPED = "SinkStopped"
    SINK_BEHIND = "SinkBehind"
    PROJECTOR_STOPPED = "ProjectorStopped"
    PROJECTOR_BEHIND = "ProjectorBehind"
    TARGET_DOWN = "TargetDown"
    RELEASE_STOPPED = "ReleaseStopped"
    UNIT_BLOCKED = "UnitBlocked"
    UNIT_SILENT = "UnitSilent"
    UNIT_NEVER_REPORTED = "UnitNeverReported"
    QUARANTINE_GROWING = "QuarantineGrowing"


NEED_HISTORY: Final = frozenset(
    {
        *("UnitEmpty", "RejectedShareUp", "SetAsideShareUp", "ClockAhead"),
        *("LedgerRebuildsOften", "ReceiptsSlow", "RowsLate", "AdmissionEnds"),
    }
)
"""Alerts that are not judged here: Prometheus keeps what they compare with."""

LOSS: Final = frozenset(
    {
        AlertName.BOOKS_DO_NOT_BALANCE,
        AlertName.NO_COMMITS,
        AlertName.LANE_UNOWNED,
        AlertName.SYSTEM_SILENT,
        AlertName.PROBE_FAILS,
        AlertName.EXPORTER_ABSENT,
    }
)
"""Data may be lost, or nobody would notice a silence: look now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that is wrong now. ``since_s``: for how long, None if that is not known."""

    alert: AlertName
    what: str
    since_s: float | None = None

    @property
    def runbook(self) -> str:
        """Return the page that says what to do."""
        return f"{RUNBOOKS}/{self.alert.value}.md"

    @property
    def urgent(self) -> bool:
        """Return whether somebody has to look now."""
        return self.alert in LOSS
