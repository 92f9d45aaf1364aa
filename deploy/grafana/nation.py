"""Dashboard 1: the nation at a glance. Which municipality is not on time, and what is wrong now?"""

from __future__ import annotations

from deploy.grafana.parts import links, variables, wrong_now
from deploy.grafana.parts.board import Board
from deploy.grafana.parts.colours import (
    ANY_IS_BAD,
    ANY_IS_LATE,
    NOTHING_IS_LATE,
    OUTCOME_COLOURS,
    QUIET_DAYS,
    STATE_STEPS,
    SYSTEM_COLOURS,
)
from deploy.grafana.parts.columns import Column
from deploy.grafana.parts.panels import Asked, Panel, lines, rows, tiles
from deploy.grafana.parts.queries import RATE, SYSTEM, Query, by_unit, one_line, unit_state

_NAMES = "municipality, municipality_name"
_INFO = f"max by (org_nr, system, {_NAMES}) (kpr_unit_info{{{SYSTEM}}})"


def board() -> Board:
    """Return the dashboard."""
    return Board(
        uid=links.NATION,
        description="Every municipality by the worst state of its units, and what is wrong now.",
        shows="24h",
        variables=[variables.system()],
        rows=[
            ("What is wrong now", _wrong_now()),
            ("Every municipality", [_tiles(), _longest()]),
            ("What arrives", [_deliveries(), _items()]),
        ],
    )


def _wrong_now() -> list[Panel]:
    return [
        wrong_now.silent_units(to=links.MUNICIPALITY, width=4),
        wrong_now.blocked_units(to=links.MUNICIPALITY, width=4),
        wrong_now.stopped_releases(to=links.SYSTEM_UID, width=4),
        wrong_now.books(to=links.QUALITY, width=4),
        wrong_now.oldest_waiting(to=links.PIPELINE, width=4),
        wrong_now.down(to=links.PIPELINE, width=4),
        wrong_now.alerts(to=links.SYSTEM_UID, width=24, height=7),
    ]


def _tiles() -> Panel:
    return tiles(
        Asked(
            question="Which municipalities are not on time?",
            why="One tile a municipality, ordered by its code, so that a tile keeps its place. "
            "The colour is the worst state of its units: red blocked, orange silent, blue not "
            "begun, grey paused, green on time. Select a tile to open the municipality.",
            unit="short",
            steps=STATE_STEPS,
            runbook="UnitSilent",
            to=links.MUNICIPALITY,
            width=24,
            height=16,
        ),
        Query(_by_municipality(unit_state())),
        order="municipality",
        link=_to_municipality("municipality"),
    )


def _longest() -> Panel:
    late = f"time() > {by_unit('kpr_unit_report_due_timestamp_seconds')}"
    blocked = by_unit("kpr_unit_blocked_since_timestamp_seconds")
    heard = f"{by_unit('kpr_unit_last_delivery_timestamp_seconds')} > 0"
    return rows(
        Asked(
            question="Which municipalities have waited longest?",
            why="Municipalities by the age of the newest delivery of the unit that has been "
            "quiet longest. On a Monday morning an age of three days is normal.",
            unit="short",
            steps=ANY_IS_LATE,
            runbook="UnitSilent",
            to=links.MUNICIPALITY,
            width=24,
            height=9,
        ),
        [
            Column(name="Municipality", label="municipality_name", link=_to_municipality("Code")),
            Column(name="Code", label="municipality", width=60),
            Column(
                name="Oldest",
                query=_by_municipality(f"time() - ({heard})"),
                unit="s",
                steps=QUIET_DAYS,
            ),
            Column(name="Units", query=_count(by_unit("kpr_unit_next_sequence"))),
            Column(name="Silent", query=_count(late), steps=ANY_IS_LATE),
            Column(name="Blocked", query=_count(blocked), steps=ANY_IS_BAD),
        ],
        first="Oldest",
        per_row=["municipality", "municipality_name"],
    )


def _deliveries() -> Panel:
    return lines(
        Asked(
            question="How many deliveries arrive, by system?",
            why="Deliveries answered a second, whatever the answer. A system that falls to zero "
            "on a working day has stopped sending, or nothing of it is processed.",
            unit="suffix: /s",
            steps=NOTHING_IS_LATE,
            runbook="OldestUnprocessed",
            to=links.SYSTEM_UID,
            width=12,
            height=8,
        ),
        Query(f"sum by (system) (rate(kpr_deliveries_total{{{SYSTEM}}}[{RATE}]))", "{{system}}"),
        colours=SYSTEM_COLOURS,
    )


def _items() -> Panel:
    return lines(
        Asked(
            question="What becomes of the items?",
            why="Items a second by outcome. Green was accepted; red was rejected and lies in "
            "quarantine.",
            unit="suffix: /s",
            steps=NOTHING_IS_LATE,
            runbook="RejectedShareUp",
            to=links.QUALITY,
            width=12,
            height=8,
        ),
        Query(f"sum by (outcome) (rate(kpr_items_total{{{SYSTEM}}}[{RATE}]))", "{{outcome}}"),
        colours=OUTCOME_COLOURS,
        stacked=True,
    )


def _by_municipality(expr: str) -> str:
    return one_line(
        f"max by ({_NAMES}) (({expr}) * on (org_nr, system) group_left ({_NAMES}) {_INFO})"
    )


def _count(expr: str) -> str:
    placed = f"(0 * ({expr}) + 1) * on (org_nr, system) group_left ({_NAMES}) {_INFO}"
    return one_line(f"sum by ({_NAMES}) ({placed})")


def _to_municipality(field: str) -> tuple[str, str]:
    url = links.chosen_in_row(links.MUNICIPALITY, "municipality", field)
    return "Open the municipality", url
