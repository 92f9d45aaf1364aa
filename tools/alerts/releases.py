"""Alerts about EPJ releases and the quality of what they send."""

from __future__ import annotations

from typing import Final

from kpr_stream.overview.limits import ADMISSION_S, QUARANTINE_S
from tools.alerts.alert import Alert, Group, Recorded, Severity
from tools.alerts.durations import number

_RELEASE: Final = "system, software_version"
_RELEASE_TEXT: Final = "{{ $labels.system }} {{ $labels.software_version }}"


def _items(by: str, window: str, selector: str = "") -> str:
    return f"sum by ({by}) (increase(kpr_release_items_total{selector}[{window}]))"


def _rejected(by: str, window: str, offset: str = "") -> str:
    selector = '{outcome="rejected"}'
    return f"sum by ({by}) (increase(kpr_release_items_total{selector}[{window}]{offset}))"


def _findings(window: str, offset: str = "") -> str:
    return (
        "sum by (system, rule) (increase(kpr_rule_findings_total"
        f'{{severity="set_aside"}}[{window}]{offset}))\n'
        f"/ on (system) group_left ()\n"
        f"sum by (system) (increase(kpr_items_total[{window}]{offset}))"
    )


RECORDED: Final = (
    Recorded(
        name="release:rejected_items:ratio_1d",
        group=Group.RELEASES,
        expression=f"{_rejected(_RELEASE, '1d')}\n/ {_items(_RELEASE, '1d')}",
    ),
    Recorded(
        name="system:rejected_items:ratio_28d_before",
        group=Group.RELEASES,
        expression=(
            f"{_rejected('system', '28d', ' offset 1d')}\n"
            "/ sum by (system) (increase(kpr_release_items_total[28d] offset 1d))"
        ),
    ),
    Recorded(
        name="system_rule:set_aside_findings:ratio_1d",
        group=Group.RELEASES,
        expression=_findings("1d"),
    ),
    Recorded(
        name="system_rule:set_aside_findings:ratio_28d_before",
        group=Group.RELEASES,
        expression=_findings("28d", " offset 1d"),
    ),
)

ALERTS: Final = (
    Alert(
        name="ReleaseStopped",
        group=Group.RELEASES,
        severity=Severity.TICKET,
        expression=(
            f"max by ({_RELEASE}) (time() - kpr_release_stopped_since_timestamp_seconds) >= 0"
        ),
        lasts="1m",
        summary=f"The release {_RELEASE_TEXT} is stopped",
        description=(
            "It is stopped since {{ $value | humanizeDuration }}: too many of its items were "
            "rejected, or an operator stopped it. Its units wait. Call the vendor."
        ),
    ),
    Alert(
        name="AdmissionEnds",
        group=Group.RELEASES,
        severity=Severity.TICKET,
        expression=(
            f"max by ({_RELEASE}) (kpr_release_admitted_until_timestamp_seconds) - time()"
            f" < {number(ADMISSION_S)}\n"
            f"and on ({_RELEASE}) {_items(_RELEASE, '7d')} > 0"
        ),
        lasts="1h",
        summary=f"The admission of {_RELEASE_TEXT} ends",
        description=(
            "{{ $value | humanizeDuration }} are left, and units still deliver with it. Where "
            "certificates are required its deliveries are refused after that. Call the vendor: it "
            "needs a new certificate, or its next release."
        ),
    ),
    Alert(
        name="RejectedShareUp",
        group=Group.RELEASES,
        severity=Severity.TICKET,
        expression=(
            "release:rejected_items:ratio_1d > 0.02\n"
            f"and on ({_RELEASE}) {_items(_RELEASE, '1d')} >= 200\n"
            f"and on ({_RELEASE}) (\n"
            "  release:rejected_items:ratio_1d\n"
            "  > on (system) group_left () (5 * system:rejected_items:ratio_28d_before)\n"
            ")"
        ),
        lasts="15m",
        summary=f"{_RELEASE_TEXT} has more items rejected than its system before",
        description=(
            "{{ $value | humanizePercentage }} of its items were rejected in the last day, more "
            "than five times the share of its system in the four weeks before. Show the vendor the "
            "rules."
        ),
    ),
    Alert(
        name="SetAsideShareUp",
        group=Group.RELEASES,
        severity=Severity.TICKET,
        expression=(
            "system_rule:set_aside_findings:ratio_1d > 0.02\n"
            "and on (system) sum by (system) (increase(kpr_items_total[1d])) >= 500\n"
            "and on (system, rule) (\n"
            "  system_rule:set_aside_findings:ratio_1d\n"
            "  > 3 * system_rule:set_aside_findings:ratio_28d_before\n"
            ")"
        ),
        lasts="15m",
        summary="{{ $labels.system }}: the rule {{ $labels.rule }} leaves out more values",
        description=(
            "It left a value out in {{ $value | humanizePercentage }} of the items of the last "
            "day, more than three times the share of the four weeks before. The consultations "
            "count; these values do not."
        ),
    ),
    Alert(
        name="ClockAhead",
        group=Group.RELEASES,
        severity=Severity.TICKET,
        expression=('sum by (system) (increase(kpr_refusals_total{cause="CLOCK_AHEAD"}[1h])) > 0'),
        summary="{{ $labels.system }}: deliveries from the future are refused",
        description=(
            "A delivery was extracted more than ten minutes after it arrived: a sender's clock is "
            "ahead, or the broker's is behind. The unit is blocked until the clock is right."
        ),
    ),
    Alert(
        name="QuarantineGrowing",
        group=Group.RELEASES,
        severity=Severity.TICKET,
        expression=(
            "max by (system) (delta(kpr_quarantine_open_items[1d])) > 100\n"
            "or max by (system) (time() - (kpr_quarantine_oldest_timestamp_seconds > 0))"
            f" > {number(QUARANTINE_S)}"
        ),
        lasts="1h",
        summary="{{ $labels.system }}: the quarantine grows or is old",
        description=(
            "More than 100 rejected items came in a day, or one has waited for 60 days. Rejected "
            "items are kept for 90 days. Decide about them: replay or discard."
        ),
    ),
    Alert(
        name="QuarantineGrowing",
        group=Group.RELEASES,
        severity=Severity.PAGE,
        expression=(
            "max by (system) (time() - (kpr_quarantine_oldest_timestamp_seconds > 0)) > <83d>"
        ),
        lasts="1h",
        summary="{{ $labels.system }}: rejected items are about to be deleted",
        description=(
            "The oldest open item was rejected {{ $value | humanizeDuration }} ago. After 90 days "
            "its content is gone. Replay it or discard it now."
        ),
    ),
)
