"""Dashboard 2: one municipality and its units. Which unit needs a call, and since when?"""

from __future__ import annotations

from deploy.grafana.parts import links, variables, wrong_now
from deploy.grafana.parts.board import Board
from deploy.grafana.parts.colours import (
    ANY_IS_LATE,
    BAD,
    COVERAGE,
    KIND_COLOURS,
    NOTHING_IS_LATE,
    OUTCOME_COLOURS,
    QUIET_DAYS,
    STATE_STEPS,
    STATES,
)
from deploy.grafana.parts.columns import Column
from deploy.grafana.parts.panels import Asked, Panel, lines, number, rows, states
from deploy.grafana.parts.queries import (
    PLACE,
    RATE,
    UNIT,
    Query,
    at_least_zero,
    by_unit,
    of_place,
    one_line,
    unit_state,
)

_INFO_LABELS = "org_nr, system, municipality_name, software_version, agreement"


def board() -> Board:
    """Return the dashboard."""
    return Board(
        uid=links.MUNICIPALITY,
        description="The units of a municipality: when each was heard, and what is wrong with it.",
        shows="7d",
        variables=[variables.system(), variables.municipality(), variables.unit()],
        rows=[
            ("What is wrong now", _wrong_now()),
            ("Every unit", [_units(), _states()]),
            ("What they deliver", [_deliveries(), _items()]),
        ],
    )


def _wrong_now() -> list[Panel]:
    return [
        wrong_now.silent_units(PLACE, to=links.SYSTEM_UID, width=6),
        wrong_now.blocked_units(PLACE, to=links.SYSTEM_UID, width=6),
        _never_heard(),
        _rejected(),
        wrong_now.alerts(PLACE, to=links.SYSTEM_UID, width=24, height=6),
    ]


def _never_heard() -> Panel:
    unheard = f"{by_unit('kpr_unit_last_delivery_timestamp_seconds')} == 0"
    return number(
        Asked(
            question="How many units were never heard?",
            why="Units with an agreement of which no delivery was ever processed.",
            unit="short",
            steps=ANY_IS_LATE,
            runbook="UnitNeverReported",
            to=links.BACKFILL,
            width=6,
            height=4,
        ),
        Query(at_least_zero(f"count({of_place(unheard)})")),
    )


def _rejected() -> Panel:
    return number(
        Asked(
            question="How many items were rejected in 30 days?",
            why="Items that the units' vendors must correct and send again.",
            unit="short",
            steps=ANY_IS_LATE,
            runbook="RejectedShareUp",
            to=links.QUALITY,
            width=6,
            height=4,
        ),
        Query(at_least_zero(f"sum({of_place(by_unit('kpr_unit_items_rejected_30d'))})")),
    )


def _units() -> Panel:
    heard = f"{by_unit('kpr_unit_last_delivery_timestamp_seconds', UNIT)} > 0"
    content = f"{by_unit('kpr_unit_last_content_timestamp_seconds', UNIT)} > 0"
    covered = by_unit("kpr_unit_covered_months", UNIT)
    expected = by_unit("kpr_unit_expected_months", UNIT)
    return rows(
        Asked(
            question="How is each unit?",
            why="One row a unit and system, the worst state first. An empty cell means never, or "
            "that nothing is missing.",
            unit="short",
            steps=STATE_STEPS,
            runbook="UnitSilent",
            to=links.SYSTEM_UID,
            width=24,
            height=9,
        ),
        [
            Column(name="Unit", label="org_nr", width=110),
            Column(name="System", label="system", link=_to_system()),
            Column(name="Municipality", label="municipality_name"),
            Column(name="Release", label="software_version"),
            Column(name="Agreement", label="agreement"),
            Column(name="State", query=_named(unit_state(UNIT)), texts=STATES),
            Column(
                name="Last delivery",
                query=_named(f"time() - ({heard})"),
                unit="s",
                steps=QUIET_DAYS,
            ),
            Column(name="Last content", query=_named(f"time() - ({content})"), unit="s"),
            Column(
                name="Blocked for",
                query=_named(
                    f"time() - {by_unit('kpr_unit_blocked_since_timestamp_seconds', UNIT)}"
                ),
                unit="s",
                steps=((None, BAD),),
            ),
            Column(
                name="Missing",
                query=_named(by_unit("kpr_unit_missing_deliveries", UNIT)),
                steps=ANY_IS_LATE,
            ),
            Column(
                name="Rejected in 30 days",
                query=_named(by_unit("kpr_unit_items_rejected_30d", UNIT)),
                steps=ANY_IS_LATE,
            ),
            Column(
                name="Covered",
                query=_named(f"{covered} / ({expected} > 0)"),
                unit="percentunit",
                decimals=0,
                steps=COVERAGE,
            ),
        ],
        first="State",
        per_row=_INFO_LABELS.split(", "),
    )


def _states() -> Panel:
    return states(
        Asked(
            question="When was each unit on time?",
            why="The state of each unit over time: red blocked, orange silent, blue not begun, "
            "grey paused, green on time. Thirty units a page.",
            unit="short",
            steps=STATE_STEPS,
            runbook="UnitSilent",
            to=links.SYSTEM_UID,
            width=24,
            height=9,
        ),
        Query(of_place(f"({unit_state(UNIT)})"), "{{org_nr}} {{system}}"),
    )


def _deliveries() -> Panel:
    return lines(
        Asked(
            question="How many deliveries were processed each day?",
            why="Deliveries by kind, as the units' states count them: each once, through every "
            "crash. Red was refused; grey reported a quiet day.",
            unit="short",
            steps=NOTHING_IS_LATE,
            runbook="UnitSilent",
            to=links.SYSTEM_UID,
            width=12,
            height=8,
        ),
        Query(
            f"sum by (kind) (increase(kpr_exact_deliveries_total{{{PLACE}}}[{RATE}]))",
            "{{kind}}",
            each="1d",
        ),
        colours=KIND_COLOURS,
        stacked=True,
        bars=True,
    )


def _items() -> Panel:
    return lines(
        Asked(
            question="What became of the items each day?",
            why="Items by outcome, as the units' states count them.",
            unit="short",
            steps=NOTHING_IS_LATE,
            runbook="RejectedShareUp",
            to=links.QUALITY,
            width=12,
            height=8,
        ),
        Query(
            f"sum by (outcome) (increase(kpr_exact_items_total{{{PLACE}}}[{RATE}]))",
            "{{outcome}}",
            each="1d",
        ),
        colours=OUTCOME_COLOURS,
        stacked=True,
        bars=True,
    )


def _named(expr: str) -> str:
    names = "municipality_name, software_version, agreement"
    return one_line(f"""
        ({expr}) * on (org_nr, system) group_left ({names})
        max by (org_nr, system, {names}) (kpr_unit_info{{{PLACE}}})
    """)


def _to_system() -> tuple[str, str]:
    return "Open the system", links.chosen_in_row(links.SYSTEM_UID, "system", "System")
