"""Dashboard 3: one system and its releases. Is a release at fault, or a unit?"""

from __future__ import annotations

from deploy.grafana.parts import links, receipts, variables, wrong_now
from deploy.grafana.parts.board import Board
from deploy.grafana.parts.colours import (
    ANY_IS_LATE,
    BAD,
    GOOD,
    LATE,
    OUTCOME_COLOURS,
    SHARE_REJECTED,
)
from deploy.grafana.parts.columns import Column
from deploy.grafana.parts.panels import Asked, Panel, lines, number, ranking, rows
from deploy.grafana.parts.queries import RATE, SYSTEM, Query, at_least_zero, share

RELEASE = 'system=~"$system", software_version=~"$release"'
_RELEASE = "by (system, software_version)"
_ITEMS = "kpr_release_items_total"


def board() -> Board:
    """Return the dashboard."""
    return Board(
        uid=links.SYSTEM_UID,
        description="One journal system: its releases, what they send, and why it is refused.",
        shows="7d",
        variables=[variables.one_system(), variables.release()],
        rows=[
            ("What is wrong now", _wrong_now()),
            ("Every release", [_releases(), _rejected_by_release()]),
            (
                "What it sends",
                [
                    _outcomes(),
                    _refusals(),
                    _rules(),
                    receipts.receipt_latency(to=links.PIPELINE, width=24, height=7),
                ],
            ),
        ],
    )


def _wrong_now() -> list[Panel]:
    return [
        wrong_now.stopped_releases(to=links.MUNICIPALITY, width=4),
        wrong_now.rejected_share(to=links.QUALITY, width=4),
        _refused(),
        wrong_now.silent_units(to=links.MUNICIPALITY, width=4),
        wrong_now.blocked_units(to=links.MUNICIPALITY, width=4),
        wrong_now.oldest_waiting(to=links.PIPELINE, width=4),
    ]


def _refused() -> Panel:
    refused = f'kpr_deliveries_total{{{SYSTEM}, status="refused"}}[$__range]'
    return number(
        Asked(
            question="How many are refused?",
            why="Deliveries refused whole, in the time that is shown. Each blocks its unit.",
            unit="short",
            steps=((None, GOOD), (1, LATE), (100, BAD)),
            runbook="UnitBlocked",
            to=links.MUNICIPALITY,
            width=4,
            height=4,
            decimals=0,
        ),
        Query(at_least_zero(f"sum(increase({refused}))")),
    )


def _releases() -> Panel:
    whole = f"sum {_RELEASE} (increase({_ITEMS}{{{RELEASE}}}[$__range]))"
    rejected = f'sum {_RELEASE} (increase({_ITEMS}{{{RELEASE}, outcome="rejected"}}[$__range]))'
    corrected = f'sum {_RELEASE} (increase({_ITEMS}{{{RELEASE}, outcome="corrected"}}[$__range]))'
    stopped = f"max {_RELEASE} (kpr_release_stopped_since_timestamp_seconds{{{RELEASE}}})"
    return rows(
        Asked(
            question="How does each release do?",
            why="One row a release of the system, in the time that is shown. A new release whose "
            "share of rejected items is above that of the old one is the likely cause.",
            unit="short",
            steps=SHARE_REJECTED,
            runbook="ReleaseStopped",
            to=links.QUALITY,
            width=12,
            height=9,
        ),
        [
            Column(name="Release", label="software_version"),
            Column(name="Units", query=f"count {_RELEASE} (kpr_unit_info{{{RELEASE}}})"),
            Column(name="Items", query=whole, decimals=0),
            Column(
                name="Rejected",
                query=share(rejected, whole),
                unit="percentunit",
                decimals=2,
                steps=SHARE_REJECTED,
            ),
            Column(name="Corrected", query=share(corrected, whole), unit="percentunit", decimals=2),
            Column(name="Stopped for", query=f"time() - {stopped}", unit="s", steps=((None, BAD),)),
        ],
        first="Rejected",
        per_row=["system", "software_version"],
    )


def _rejected_by_release() -> Panel:
    rejected = f'rate({_ITEMS}{{{RELEASE}, outcome="rejected"}}[{RATE}])'
    whole = f"rate({_ITEMS}{{{RELEASE}}}[{RATE}])"
    by = "sum by (software_version)"
    return lines(
        Asked(
            question="Which release has its items rejected?",
            why="Rejected items of all items by release; the five worst. The dashed lines are "
            "1 % and 5 %.",
            unit="percentunit",
            steps=SHARE_REJECTED,
            runbook="RejectedShareUp",
            to=links.QUALITY,
            width=12,
            height=9,
        ),
        Query(f"topk(5, {share(f'{by} ({rejected})', f'{by} ({whole})')})", "{{software_version}}"),
        limit_shown=True,
    )


def _outcomes() -> Panel:
    return lines(
        Asked(
            question="What becomes of its items?",
            why="Items a second by outcome. Green was accepted; red was rejected.",
            unit="suffix: /s",
            steps=((None, LATE), (1e-9, GOOD)),
            runbook="RejectedShareUp",
            to=links.QUALITY,
            width=12,
            height=8,
        ),
        Query(f"sum by (outcome) (rate(kpr_items_total{{{SYSTEM}}}[{RATE}]))", "{{outcome}}"),
        colours=OUTCOME_COLOURS,
        stacked=True,
    )


def _refusals() -> Panel:
    causes = f"sum by (cause) (increase(kpr_refusals_total{{{SYSTEM}}}[$__range]))"
    return ranking(
        Asked(
            question="Why are deliveries refused?",
            why="The ten most frequent causes, in the time that is shown. The vendor's page of "
            "receipts names the remedy of each.",
            unit="short",
            steps=ANY_IS_LATE,
            runbook="UnitBlocked",
            to=links.MUNICIPALITY,
            width=6,
            height=8,
            decimals=0,
        ),
        Query(f"sort_desc(topk(10, {causes} > 0))", "{{cause}}"),
    )


def _rules() -> Panel:
    findings = f"sum by (rule) (increase(kpr_rule_findings_total{{{SYSTEM}}}[$__range]))"
    return ranking(
        Asked(
            question="Which rules find most?",
            why="The ten rules with most findings, in the time that is shown.",
            unit="short",
            steps=ANY_IS_LATE,
            runbook="SetAsideShareUp",
            to=links.QUALITY,
            width=6,
            height=8,
            decimals=0,
        ),
        Query(f"sort_desc(topk(10, {findings}))", "{{rule}}"),
    )
