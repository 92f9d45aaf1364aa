"""Panels of the first row: the numbers that say what is wrong now, the same on every dashboard."""

from __future__ import annotations

from deploy.grafana.parts import links
from deploy.grafana.parts.colours import (
    ANY_IS_BAD,
    ANY_IS_LATE,
    BAD,
    GOOD,
    LATE,
    NOTE,
    SHARE_REJECTED,
    Steps,
)
from deploy.grafana.parts.columns import Column
from deploy.grafana.parts.panels import Asked, Panel, number, rows
from deploy.grafana.parts.queries import SYSTEM, Query, at_least_zero, by_unit, of_place, share

WAITING: Steps = ((None, GOOD), (60, LATE), (600, BAD))
"""Seconds: a minute is late for a live delivery, ten are an incident."""
_SEVERITIES = {3: ("page", BAD), 2: ("ticket", LATE), 1: ("info", NOTE)}
_ALERT = "alertname, system, municipality_name, org_nr, software_version, sink, instance"


def silent_units(where: str = "", *, to: str, width: int) -> Panel:
    """Return how many units have passed their deadline."""
    late = f"time() > {by_unit('kpr_unit_report_due_timestamp_seconds')}"
    return number(
        Asked(
            question="How many units are silent?",
            why="Units that have not delivered by their deadline, 10:00 in Norway on a working "
            "day. A quiet day is reported by an empty delivery, so silence means trouble.",
            unit="short",
            steps=ANY_IS_LATE,
            runbook="UnitSilent",
            to=to,
            width=width,
            height=4,
        ),
        Query(at_least_zero(f"count({_placed(late, where)})")),
    )


def blocked_units(where: str = "", *, to: str, width: int) -> Panel:
    """Return how many units wait for a corrected delivery."""
    blocked = by_unit("kpr_unit_blocked_since_timestamp_seconds")
    return number(
        Asked(
            question="How many units are blocked?",
            why="Units whose delivery was refused. Nothing of theirs is processed until the "
            "vendor has corrected and sent it again.",
            unit="short",
            steps=ANY_IS_BAD,
            runbook="UnitBlocked",
            to=to,
            width=width,
            height=4,
        ),
        Query(at_least_zero(f"count({_placed(blocked, where)})")),
    )


def rejected_share(*, to: str, width: int) -> Panel:
    """Return how much of what arrived was rejected."""
    items = f"sum(increase(kpr_items_total{{{SYSTEM}}}[$__range]))"
    rejected = f'sum(increase(kpr_items_total{{{SYSTEM}, outcome="rejected"}}[$__range]))'
    return number(
        Asked(
            question="How much is rejected?",
            why="Rejected items of all items, in the time that is shown.",
            unit="percentunit",
            steps=SHARE_REJECTED,
            runbook="RejectedShareUp",
            to=to,
            width=width,
            height=4,
            decimals=2,
        ),
        Query(share(rejected, items)),
        missing="no items",
    )


def oldest_waiting(*, to: str, width: int) -> Panel:
    """Return how long the oldest delivery has waited."""
    return number(
        Asked(
            question="How long do deliveries wait?",
            why="How long ago the oldest delivery arrived that no receipt answers yet.",
            unit="s",
            steps=WAITING,
            runbook="OldestUnprocessed",
            to=to,
            width=width,
            height=4,
        ),
        Query(f"max(kpr_oldest_waiting_seconds{{{SYSTEM}}})"),
        missing="no worker",
    )


def stopped_releases(*, to: str, width: int) -> Panel:
    """Return how many EPJ releases are stopped."""
    stopped = f"kpr_release_stopped_since_timestamp_seconds{{{SYSTEM}}}"
    return number(
        Asked(
            question="How many releases are stopped?",
            why="EPJ releases whose deliveries are refused, because too many of their items were "
            "rejected or an operator stopped them.",
            unit="short",
            steps=ANY_IS_BAD,
            runbook="ReleaseStopped",
            to=to,
            width=width,
            height=4,
        ),
        Query(at_least_zero(f"count(max by (system, software_version) ({stopped}))")),
    )


def books(*, to: str, width: int) -> Panel:
    """Return how many deliveries do not balance."""
    return number(
        Asked(
            question="Do the books balance?",
            why="A number counts deliveries whose receipts, rows and quarantined items do not "
            "agree: a delivery was lost or doubled.",
            unit="short",
            steps=ANY_IS_BAD,
            runbook="BooksDoNotBalance",
            to=to,
            width=width,
            height=4,
        ),
        Query(f"sum(kpr_books_imbalance_deliveries{{{SYSTEM}}})"),
        texts={0: ("yes", GOOD)},
        missing="no exporter",
    )


def down(*, to: str, width: int) -> Panel:
    """Return how many processes do not answer."""
    return number(
        Asked(
            question="Is a process down?",
            why="A number counts the workers, sinks, exporters and probes that Prometheus cannot "
            "scrape, or that are not ready.",
            unit="short",
            steps=ANY_IS_BAD,
            runbook="TargetDown",
            to=to,
            width=width,
            height=4,
        ),
        Query(at_least_zero('count((up{job=~"kpr-.*"} == 0) or (kpr_ready == 0))')),
        texts={0: ("no", GOOD)},
    )


def alerts(where: str = "", *, to: str, width: int, height: int) -> Panel:
    """Return the alerts that fire now, the gravest first."""
    graded = " or ".join(
        f'ALERTS{{alertstate="firing", alertname!="Watchdog", severity="{name}"}} * {grade}'
        for grade, (name, _) in _SEVERITIES.items()
    )
    since = 'time() - ALERTS_FOR_STATE{alertname!="Watchdog"}'
    if where:
        graded, since = of_place(graded, where), of_place(since, where)
    return rows(
        Asked(
            question="What is wrong now?",
            why="Alerts that fire. A page risks loss or silence; a ticket can wait for office "
            "hours. Select an alert to open its runbook.",
            unit="short",
            steps=ANY_IS_BAD,
            runbook="BooksDoNotBalance",
            to=to,
            width=width,
            height=height,
        ),
        [
            Column(
                name="Alert",
                label="alertname",
                link=("Runbook", links.runbook_url("${__data.fields.Alert}")),
            ),
            Column(name="Severity", query=f"max by ({_ALERT}) ({graded})", texts=_SEVERITIES),
            Column(name="For", query=f"max by ({_ALERT}) ({since})", unit="s", decimals=0),
            Column(name="System", label="system"),
            Column(name="Municipality", label="municipality_name"),
            Column(name="Unit", label="org_nr"),
            Column(name="Release", label="software_version"),
            Column(name="Sink", label="sink"),
            Column(name="Process", label="instance"),
        ],
        first="Severity",
        per_row=_ALERT.split(", "),
    )


def _placed(expr: str, where: str) -> str:
    return of_place(expr, where) if where else expr
