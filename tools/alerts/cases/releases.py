"""Cases of the alerts about releases and the quality of what they send."""

from __future__ import annotations

from typing import Final

from tools.alerts.alert import Severity
from tools.alerts.case import SELDOM, Case, Firing

SYSTEM: Final = {"system": "eg-infodoc"}
RELEASE: Final = {**SYSTEM, "software_version": "2.1"}
_STOPPED: Final = (
    'kpr_release_stopped_since_timestamp_seconds{system="eg-infodoc",software_version="2.1"}'
)
_ADMITTED: Final = (
    'kpr_release_admitted_until_timestamp_seconds{system="eg-infodoc",software_version="2.1"}'
)
_REFUSALS: Final = 'kpr_refusals_total{system="eg-infodoc",cause="CLOCK_AHEAD"}'
_OLDEST: Final = 'kpr_quarantine_oldest_timestamp_seconds{system="eg-infodoc"}'


def _items(version: str, outcome: str, values: str) -> dict[str, str]:
    labels = f'system="eg-infodoc",software_version="{version}",outcome="{outcome}"'
    return {f"kpr_release_items_total{{{labels}}}": values}


def _findings(findings: str, items: str) -> dict[str, str]:
    rule = 'system="eg-infodoc",rule="K-101",severity="set_aside"'
    return {
        f"kpr_rule_findings_total{{{rule}}}": findings,
        'kpr_items_total{system="eg-infodoc",outcome="accepted"}': items,
    }


CASES: Final = (
    Case(
        alert="ReleaseStopped",
        why="a lane has stopped it",
        series={_STOPPED: "600x240"},
        at="70m",
        fires=[Firing(labels=RELEASE, value="1h 0m 0s")],
    ),
    Case(
        alert="ReleaseStopped",
        why="it was resumed",
        series={_STOPPED: "600x30"},
        at="70m",
    ),
    Case(
        alert="AdmissionEnds",
        why="in ten days, and units deliver with it",
        series={_ADMITTED: "872400x240", **_items("2.1", "accepted", "0+10x240")},
        at="140m",
        fires=[Firing(labels=RELEASE, value="10d 0h 0m 0s")],
    ),
    Case(
        alert="AdmissionEnds",
        why="in ten days, and the vendor's units have the next release",
        series={_ADMITTED: "872400x240", **_items("2.2", "accepted", "0+10x240")},
        at="140m",
    ),
    Case(
        alert="AdmissionEnds",
        why="in a year",
        series={_ADMITTED: "31536000x240", **_items("2.1", "accepted", "0+10x240")},
        at="140m",
    ),
    Case(
        alert="RejectedShareUp",
        why="a tenth of a new release's items; of the old one a hundredth",
        series={
            **_items("2.0", "accepted", "0+990x160"),
            **_items("2.0", "rejected", "0+10x160"),
            **_items("2.1", "accepted", "0x152 0+900x8"),
            **_items("2.1", "rejected", "0x152 0+100x8"),
        },
        at="954h",
        every=SELDOM,
        fires=[Firing(labels=RELEASE, value="10%")],
    ),
    Case(
        alert="RejectedShareUp",
        why="a tenth of the items, and so it was before",
        series={
            **_items("2.1", "accepted", "0+900x160"),
            **_items("2.1", "rejected", "0+100x160"),
        },
        at="954h",
        every=SELDOM,
    ),
    Case(
        alert="RejectedShareUp",
        why="too few items to judge",
        series={
            **_items("2.0", "accepted", "0+990x160"),
            **_items("2.1", "accepted", "0x152 0+9x8"),
            **_items("2.1", "rejected", "0x152 0+1x8"),
        },
        at="954h",
        every=SELDOM,
    ),
    Case(
        alert="SetAsideShareUp",
        why="a tenth of the items; before it was a hundredth",
        series=_findings("0+10x152 1620+100x8", "0+1000x160"),
        at="954h",
        every=SELDOM,
        fires=[Firing(labels={**SYSTEM, "rule": "K-101"}, value="10%")],
    ),
    Case(
        alert="SetAsideShareUp",
        why="a tenth of the items, and so it was before",
        series=_findings("0+100x160", "0+1000x160"),
        at="954h",
        every=SELDOM,
    ),
    Case(
        alert="ClockAhead",
        why="one refused delivery",
        series={_REFUSALS: "0x30 1x90"},
        at="40m",
        fires=[Firing(labels=SYSTEM)],
    ),
    Case(
        alert="ClockAhead",
        why="the last one was two hours ago",
        series={_REFUSALS: "0x30 1x240"},
        at="150m",
    ),
    Case(
        alert="QuarantineGrowing",
        why="200 items in a day",
        series={'kpr_quarantine_open_items{system="eg-infodoc"}': "0x4 0+50x12"},
        at="66h",
        every=SELDOM,
        fires=[Firing(labels=SYSTEM, severity=Severity.TICKET)],
    ),
    Case(
        alert="QuarantineGrowing",
        why="an item has waited for 84 days",
        series={_OLDEST: "1x400"},
        at="2022h",
        every=SELDOM,
        fires=[
            Firing(labels=SYSTEM, severity=Severity.TICKET),
            Firing(labels=SYSTEM, value="84d 5h 59m 59s", severity=Severity.PAGE),
        ],
    ),
    Case(
        alert="QuarantineGrowing",
        why="ten items in a day, and none is old",
        series={
            'kpr_quarantine_open_items{system="eg-infodoc"}': "0x4 0+2x400",
            _OLDEST: "0x400",
        },
        at="2022h",
        every=SELDOM,
    ),
)
