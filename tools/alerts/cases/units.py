"""Cases of the alerts about units. Times count from the case's beginning, at 1970-01-01."""

from __future__ import annotations

from typing import Final

from tools.alerts.case import SELDOM, Case, Firing

UNIT: Final = {"org_nr": "974760673", "system": "eg-infodoc"}
PLACE: Final = {"municipality": "0301", "municipality_name": "Oslo"}
LABELS: Final = 'org_nr="974760673",system="eg-infodoc"'
READ: Final = {"kpr_books_checked_timestamp_seconds": "0+60x240"}


def _info(agreement: str = "begun", values: str = "1x240") -> dict[str, str]:
    place = 'municipality="0301",municipality_name="Oslo"'
    return {f'kpr_unit_info{{{LABELS},{place},agreement="{agreement}"}}': values}


def _unit(**metrics: str) -> dict[str, str]:
    return {f"kpr_unit_{name}{{{LABELS}}}": values for name, values in metrics.items()}


def _due(values: str, last: str) -> dict[str, str]:
    return _unit(report_due_timestamp_seconds=values, last_delivery_timestamp_seconds=last)


_SYSTEM: Final = {
    f'kpr_unit_report_due_timestamp_seconds{{org_nr="{n}",system="eg-infodoc"}}': values
    for n, values in enumerate(["600x240"] * 6 + ["90000x240"] * 4)
}
_BLOCKED: Final = {
    f'kpr_unit_blocked_since_timestamp_seconds{{{LABELS},reason="DIGEST_MISMATCH"}}': "600x240"
}
_STOPPED: Final = {
    f'kpr_unit_blocked_since_timestamp_seconds{{{LABELS},reason="RELEASE_STOPPED"}}': "600x240"
}
_DAILY_EMPTY: Final = _unit(
    # Content each day for 40 days, then none.
    days_without_content="0x160 0 1 1 1 1 2 2 2 2 3 3 3 3 4 4 4 4 5 5",
    last_delivery_timestamp_seconds="3000000x200",
    last_content_timestamp_seconds="2000000x200",
)
_WEEKLY: Final = _unit(
    # Content each Tuesday: four days without are usual.
    days_without_content="0 1 2 3 4 4 4 0 1 2 3 4 4 4 " * 13,
    last_delivery_timestamp_seconds="3000000x200",
    last_content_timestamp_seconds="2000000x200",
)

CASES: Final = (
    Case(
        alert="UnitSilent",
        why="its deadline passed an hour ago",
        series={**READ, **_info(), **_due("600x240", "300x240")},
        at="70m",
        fires=[Firing(labels={**UNIT, **PLACE}, value="1h 0m 0s")],
    ),
    Case(
        alert="UnitSilent",
        why="it delivers after its deadline",
        series={**READ, **_info(), **_due("600x30 90000x240", "300x240")},
        at="70m",
    ),
    Case(
        alert="UnitSilent",
        why="a paused unit has no deadline",
        series={**READ, **_info("paused"), **_unit(last_delivery_timestamp_seconds="300x240")},
        at="70m",
    ),
    Case(
        alert="UnitSilent",
        why="a blocked unit delivers and is refused",
        series={**READ, **_info(), **_due("600x240", "300x240"), **_BLOCKED},
        at="70m",
    ),
    Case(
        alert="UnitSilent",
        why="the release of the unit is stopped",
        series={**READ, **_info(), **_due("600x240", "300x240"), **_STOPPED},
        at="70m",
    ),
    Case(
        alert="UnitSilent",
        why="the exporter has not read the topics for half an hour",
        series={
            "kpr_books_checked_timestamp_seconds": "0+60x40 2400x200",
            **_info(),
            **_due("600x240", "300x240"),
        },
        at="80m",
    ),
    Case(
        alert="SystemSilent",
        why="six of ten units are past their deadline",
        series={**READ, **_SYSTEM},
        at="70m",
        fires=[Firing(labels={"system": "eg-infodoc"}, value="60%")],
    ),
    Case(
        alert="SystemSilent",
        why="one unit of one is past its deadline",
        series={**READ, **_info(), **_due("600x240", "300x240")},
        at="70m",
    ),
    Case(
        alert="UnitNeverReported",
        why="its first deadline passed an hour ago",
        series={**READ, **_info("expected"), **_due("600x240", "0x240")},
        at="70m",
        fires=[Firing(labels={**UNIT, **PLACE}, value="1h 0m 0s")],
    ),
    Case(
        alert="UnitNeverReported",
        why="its first deadline is in an hour",
        series={**READ, **_info("expected"), **_due("7800x240", "0x240")},
        at="70m",
    ),
    Case(
        alert="UnitEmpty",
        why="content each day, then empty deliveries for five school days",
        series={**_info(values="1x200"), **_DAILY_EMPTY},
        at="1070h",
        every=SELDOM,
        fires=[Firing(labels={**UNIT, **PLACE}, value="5")],
    ),
    Case(
        alert="UnitEmpty",
        why="a unit that is open one day a week",
        series={**_info(values="1x200"), **_WEEKLY},
        at="1068h",
        every=SELDOM,
    ),
    Case(
        alert="UnitEmpty",
        why="a paused unit",
        series={**_info("paused", "1x200"), **_DAILY_EMPTY},
        at="1070h",
        every=SELDOM,
    ),
    Case(
        alert="UnitBlocked",
        why="a refused delivery was not corrected for two hours",
        series={**_info(), **_BLOCKED},
        at="130m",
        fires=[Firing(labels={**UNIT, **PLACE, "reason": "DIGEST_MISMATCH"}, value="2h 0m 0s")],
    ),
    Case(
        alert="UnitBlocked",
        why="a paused unit",
        series={**_info("paused"), **_BLOCKED},
        at="130m",
    ),
    Case(
        alert="UnitBlocked",
        why="its release is stopped: another alert says so",
        series={**_info(), **_STOPPED},
        at="130m",
    ),
    Case(
        alert="UnitBlocked",
        why="corrected within the hour",
        series={**_info(), **dict.fromkeys(_BLOCKED, "600x50")},
        at="130m",
    ),
)
