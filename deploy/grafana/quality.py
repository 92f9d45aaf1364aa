"""Dashboard 5: data quality. What do rules find, what is lost for it, and what is missing?"""

from __future__ import annotations

from deploy.grafana.parts import links, variables, wrong_now
from deploy.grafana.parts.board import Board
from deploy.grafana.parts.colours import (
    ANY_IS_LATE,
    BAD,
    DAY_S,
    GOOD,
    LATE,
    SEVERITY_COLOURS,
    SHARE_REJECTED,
    SYSTEM_COLOURS,
    Steps,
)
from deploy.grafana.parts.columns import Column
from deploy.grafana.parts.panels import Asked, Panel, lines, number, ranking, rows
from deploy.grafana.parts.queries import (
    PLACE,
    RATE,
    SYSTEM,
    Query,
    at_least_zero,
    by_unit,
    one_line,
    share,
)

SET_ASIDE: Steps = ((None, GOOD), (0.02, LATE), (0.1, BAD))
_FINDINGS = "kpr_rule_findings_total"


def board() -> Board:
    """Return the dashboard."""
    return Board(
        uid=links.QUALITY,
        description="What the rules find, what is refused, rejected or missing, and whose it is.",
        shows="7d",
        variables=[variables.system(), variables.municipality()],
        rows=[
            ("What is wrong now", _wrong_now()),
            ("How much the rules find", [_by_severity(), _set_aside_by_system()]),
            ("What must be corrected", [_rules(), _refusals(), _places(), _units()]),
        ],
    )


def _wrong_now() -> list[Panel]:
    items = f"sum(increase(kpr_items_total{{{SYSTEM}}}[$__range]))"
    aside = f'sum(increase({_FINDINGS}{{{SYSTEM}, severity="set_aside"}}[$__range]))'
    oldest = f"min(kpr_quarantine_oldest_timestamp_seconds{{{SYSTEM}}} > 0)"
    return [
        wrong_now.rejected_share(to=links.SYSTEM_UID, width=4),
        number(
            Asked(
                question="How much is set aside?",
                why="Values that were left out because they are impossible, of each item, in the "
                "time that is shown. The item itself counts.",
                unit="percentunit",
                steps=SET_ASIDE,
                runbook="SetAsideShareUp",
                to=links.SYSTEM_UID,
                width=4,
                height=4,
                decimals=2,
            ),
            Query(share(aside, items)),
            missing="no items",
        ),
        number(
            Asked(
                question="How full is the quarantine?",
                why="Rejected items that wait for an operator or a corrected delivery.",
                unit="short",
                steps=((None, GOOD), (1, LATE), (1_000, BAD)),
                runbook="QuarantineGrowing",
                to=links.SYSTEM_UID,
                width=4,
                height=4,
            ),
            Query(f"sum(kpr_quarantine_open_items{{{SYSTEM}}})"),
            missing="no exporter",
        ),
        number(
            Asked(
                question="How old is the quarantine?",
                why="Time since the oldest open item was rejected.",
                unit="s",
                steps=((None, GOOD), (30 * DAY_S, LATE), (90 * DAY_S, BAD)),
                runbook="QuarantineGrowing",
                to=links.SYSTEM_UID,
                width=4,
                height=4,
            ),
            Query(f"time() - {oldest}"),
            missing="empty",
        ),
        wrong_now.books(to=links.PIPELINE, width=4),
        number(
            Asked(
                question="Are deliveries missing?",
                why="Sequences that units were let skip and have not delivered since.",
                unit="short",
                steps=ANY_IS_LATE,
                runbook="UnitBlocked",
                to=links.MUNICIPALITY,
                width=4,
                height=4,
            ),
            Query(at_least_zero(f"sum({by_unit('kpr_unit_missing_deliveries', SYSTEM)})")),
        ),
    ]


def _by_severity() -> Panel:
    findings = f"sum by (severity) (rate({_FINDINGS}{{{SYSTEM}}}[{RATE}]))"
    items = f"on () group_left () sum(rate(kpr_items_total{{{SYSTEM}}}[{RATE}]))"
    return lines(
        Asked(
            question="How much do the rules find an item?",
            why="Findings of each item. Red costs the item, orange a value, blue nothing.",
            unit="percentunit",
            steps=((None, GOOD), (0.1, LATE), (0.5, BAD)),
            runbook="SetAsideShareUp",
            to=links.SYSTEM_UID,
            width=12,
            height=8,
        ),
        Query(f"{findings} / {items}", "{{severity}}"),
        colours=SEVERITY_COLOURS,
    )


def _set_aside_by_system() -> Panel:
    aside = f'sum by (system) (rate({_FINDINGS}{{{SYSTEM}, severity="set_aside"}}[{RATE}]))'
    items = f"sum by (system) (rate(kpr_items_total{{{SYSTEM}}}[{RATE}]))"
    return lines(
        Asked(
            question="Which system has its values set aside?",
            why="Values left out of each item, by system. A step up after a release is the "
            "release's fault. The dashed lines are 2 % and 10 %.",
            unit="percentunit",
            steps=SET_ASIDE,
            runbook="SetAsideShareUp",
            to=links.SYSTEM_UID,
            width=12,
            height=8,
        ),
        Query(share(aside, items), "{{system}}"),
        colours=SYSTEM_COLOURS,
        limit_shown=True,
    )


def _rules() -> Panel:
    def found(severity: str) -> str:
        where = f'{SYSTEM}, severity="{severity}"'
        return f"sum by (rule) (increase({_FINDINGS}{{{where}}}[$__range])) > 0"

    return rows(
        Asked(
            question="Which rules find most?",
            why="Findings by rule, in the time that is shown. The page of rules says what each "
            "rule checks and what the sender must do.",
            unit="short",
            steps=ANY_IS_LATE,
            runbook="SetAsideShareUp",
            to=links.SYSTEM_UID,
            width=8,
            height=11,
        ),
        [
            Column(name="Rule", label="rule"),
            Column(name="Rejected", query=found("reject"), steps=((None, BAD),), decimals=0),
            Column(name="Set aside", query=found("set_aside"), steps=((None, LATE),), decimals=0),
            Column(name="Warned", query=found("warn"), decimals=0),
        ],
        first="Set aside",
        per_row=["rule"],
    )


def _refusals() -> Panel:
    causes = f"sum by (system, cause) (increase(kpr_refusals_total{{{SYSTEM}}}[$__range]))"
    return ranking(
        Asked(
            question="Why are deliveries refused?",
            why="The twelve most frequent causes by system, in the time that is shown.",
            unit="short",
            steps=ANY_IS_LATE,
            runbook="UnitBlocked",
            to=links.SYSTEM_UID,
            width=8,
            height=11,
            decimals=0,
        ),
        Query(f"sort_desc(topk(12, {causes} > 0))", "{{cause}} ({{system}})"),
    )


def _places() -> Panel:
    by = "by (municipality)"
    rejected = (
        f'sum {by} (increase(kpr_exact_items_total{{{PLACE}, outcome="rejected"}}[$__range]))'
    )
    items = f"sum {by} (increase(kpr_exact_items_total{{{PLACE}}}[$__range]))"
    names = "max by (municipality, municipality_name) (kpr_unit_info)"
    named = f"on (municipality) group_left (municipality_name) {names}"
    return ranking(
        Asked(
            question="Which municipalities have most items rejected?",
            why="The fifteen municipalities with the greatest share of rejected items, in the "
            "time that is shown, as the units' states count them.",
            unit="percentunit",
            steps=SHARE_REJECTED,
            runbook="RejectedShareUp",
            to=links.MUNICIPALITY,
            width=8,
            height=11,
            decimals=1,
        ),
        Query(
            one_line(f"sort_desc(topk(15, ({share(rejected, items)}) * {named}))"),
            "{{municipality_name}}",
        ),
    )


def _units() -> Panel:
    names = "municipality_name"
    info = f"max by (org_nr, system, {names}) (kpr_unit_info{{{PLACE}}})"

    def named(expr: str) -> str:
        return one_line(f"({expr}) * on (org_nr, system) group_left ({names}) {info}")

    rejected = f"{by_unit('kpr_unit_items_rejected_30d')} > 0"
    days = f"{by_unit('kpr_unit_days_without_content')} > 0"
    return rows(
        Asked(
            question="Which units must send something again?",
            why="Units with rejected items, skipped deliveries, or working days without content.",
            unit="short",
            steps=ANY_IS_LATE,
            runbook="UnitEmpty",
            to=links.MUNICIPALITY,
            width=24,
            height=9,
        ),
        [
            Column(name="Unit", label="org_nr", width=110),
            Column(name="System", label="system"),
            Column(name="Municipality", label="municipality_name"),
            Column(name="Rejected in 30 days", query=named(rejected), steps=((None, LATE),)),
            Column(
                name="Missing deliveries",
                query=named(by_unit("kpr_unit_missing_deliveries")),
                steps=ANY_IS_LATE,
            ),
            Column(
                name="Working days without content",
                query=named(days),
                steps=((None, GOOD), (5, LATE), (15, BAD)),
            ),
        ],
        first="Rejected in 30 days",
        per_row=["org_nr", "system", names],
    )
