"""Dashboard 6: backfill since 2017. How much history is here, and who has still to send it?"""

from __future__ import annotations

from deploy.grafana.parts import links, variables, wrong_now
from deploy.grafana.parts.board import Board
from deploy.grafana.parts.colours import (
    ANY_IS_LATE,
    COVERAGE,
    GOOD,
    LATE,
    NOTE,
    SYSTEM_COLOURS,
)
from deploy.grafana.parts.columns import Column
from deploy.grafana.parts.panels import Asked, Panel, lines, number, ranking, rows
from deploy.grafana.parts.queries import (
    PLACE,
    Query,
    at_least_zero,
    by_unit,
    of_place,
    one_line,
    share,
)

_COVERED = of_place(by_unit("kpr_unit_covered_months"))
_EXPECTED = of_place(by_unit("kpr_unit_expected_months"))


def board() -> Board:
    """Return the dashboard."""
    return Board(
        uid=links.BACKFILL,
        description="Months since January 2017 that the units' deliveries cover.",
        shows="30d",
        variables=[variables.system(), variables.municipality()],
        rows=[
            ("How far it is", _now()),
            ("Progress", [_progress(), _by_system()]),
            ("Who has still to send", [_places(), _units()]),
        ],
    )


def _now() -> list[Panel]:
    complete = f"({_COVERED}) >= ({_EXPECTED})"
    return [
        number(
            Asked(
                question="How much of the history is covered?",
                why="Covered months of expected months, over all units. A month is covered when "
                "the period of a processed delivery touches it.",
                unit="percentunit",
                steps=COVERAGE,
                runbook="UnitNeverReported",
                to=links.MUNICIPALITY,
                width=6,
                height=4,
                decimals=1,
            ),
            Query(share(f"sum({_COVERED})", f"sum({_EXPECTED})")),
            missing="nothing expected",
        ),
        number(
            Asked(
                question="How many months are left?",
                why="Expected months that no processed delivery covers, over all units.",
                unit="short",
                steps=((None, GOOD), (1, NOTE), (10_000, LATE)),
                runbook="UnitNeverReported",
                to=links.MUNICIPALITY,
                width=6,
                height=4,
            ),
            Query(f"sum(({_EXPECTED}) - ({_COVERED}))"),
        ),
        number(
            Asked(
                question="How many units are complete?",
                why="Units whose deliveries cover every expected month.",
                unit="short",
                steps=((None, LATE), (1, GOOD)),
                runbook="UnitNeverReported",
                to=links.MUNICIPALITY,
                width=6,
                height=4,
            ),
            Query(at_least_zero(f"count({complete})")),
        ),
        wrong_now.oldest_waiting(to=links.PIPELINE, width=6),
    ]


def _progress() -> Panel:
    return lines(
        Asked(
            question="Does the backfill move, by system?",
            why="Covered months of expected months over time. A flat line below 100 % means that "
            "nobody of this system sends history.",
            unit="percentunit",
            steps=COVERAGE,
            runbook="UnitNeverReported",
            to=links.SYSTEM_UID,
            width=16,
            height=8,
        ),
        Query(
            share(f"sum by (system) ({_COVERED})", f"sum by (system) ({_EXPECTED})"),
            "{{system}}",
        ),
        colours=SYSTEM_COLOURS,
        most=1,
    )


def _by_system() -> Panel:
    part = share(f"sum by (system) ({_COVERED})", f"sum by (system) ({_EXPECTED})")
    return ranking(
        Asked(
            question="Which system is furthest?",
            why="Covered months of expected months of each system, now.",
            unit="percentunit",
            steps=COVERAGE,
            runbook="UnitNeverReported",
            to=links.SYSTEM_UID,
            width=8,
            height=8,
            decimals=0,
        ),
        Query(f"sort_desc({part})", "{{system}}"),
        most=1,
    )


def _places() -> Panel:
    names = "municipality, municipality_name"

    def placed(expr: str) -> str:
        info = f"max by (org_nr, system, {names}) (kpr_unit_info{{{PLACE}}})"
        return one_line(
            f"sum by ({names}) (({expr}) * on (org_nr, system) group_left ({names}) {info})"
        )

    covered = placed(by_unit("kpr_unit_covered_months"))
    expected = placed(by_unit("kpr_unit_expected_months"))
    return rows(
        Asked(
            question="Which municipalities have least of their history?",
            why="Months left of each municipality, most first. Select one to see its units.",
            unit="short",
            steps=COVERAGE,
            runbook="UnitNeverReported",
            to=links.MUNICIPALITY,
            width=12,
            height=11,
        ),
        [
            Column(
                name="Municipality",
                label="municipality_name",
                link=(
                    "Open the municipality",
                    links.chosen_in_row(links.MUNICIPALITY, "municipality", "Code"),
                ),
            ),
            Column(name="Code", label="municipality", width=70),
            Column(
                name="Covered",
                query=share(covered, expected),
                unit="percentunit",
                decimals=0,
                steps=COVERAGE,
            ),
            Column(name="Months left", query=f"{expected} - {covered}"),
        ],
        first="Months left",
        per_row=["municipality", "municipality_name"],
    )


def _units() -> Panel:
    left = f"({_EXPECTED}) - ({_COVERED})"
    return rows(
        Asked(
            question="Which units have most months left?",
            why="Units by the months that no processed delivery covers, most first.",
            unit="short",
            steps=ANY_IS_LATE,
            runbook="UnitNeverReported",
            to=links.MUNICIPALITY,
            width=12,
            height=11,
        ),
        [
            Column(name="Unit", label="org_nr", width=110),
            Column(name="System", label="system"),
            Column(
                name="Covered",
                query=share(_COVERED, f"({_EXPECTED})"),
                unit="percentunit",
                decimals=0,
                steps=COVERAGE,
            ),
            Column(name="Months left", query=left),
        ],
        first="Months left",
        per_row=["org_nr", "system"],
    )
