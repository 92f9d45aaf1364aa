"""A dashboard: its rows of panels, variables and links, and its text as Grafana reads it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync

from deploy.grafana.parts.links import TAG, TITLES, all_dashboards, panel_links
from deploy.grafana.parts.panels import Panel
from deploy.grafana.parts.variables import datasource, runbooks

Variable = dashboard.QueryVariable | dashboard.CustomVariable
TIME_ZONE: Final = "Europe/Oslo"
"""Deadlines are Norwegian: a reader on a machine in UTC must see 10:00 as 10:00."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A dashboard as its module describes it."""

    uid: str
    description: str
    shows: str
    """The time that is shown at first, back from now: `6h`."""
    variables: Sequence[Variable]
    rows: Sequence[tuple[str, Sequence[Panel]]]
    """Headings with their panels. The first row is what is wrong now."""


def as_json(board: Board, runbooks_url: str) -> str:
    """Return the text of a dashboard's file."""
    text = json.dumps(_built(board, runbooks_url), cls=JSONEncoder)
    clean = json.loads(text, object_hook=_without_placement)
    return json.dumps(clean, indent=1, ensure_ascii=False) + "\n"


def _without_placement(read: dict[str, object]) -> dict[str, object]:
    """Leave out what the library sets on every link: it would move links into a closed menu."""
    return {key: value for key, value in read.items() if key != "placement" or "url" not in read}


def _built(board: Board, runbooks_url: str) -> object:
    made = (
        dashboard.Dashboard(TITLES[board.uid])
        .uid(board.uid)
        .description(board.description)
        .tags([TAG])
        .timezone(TIME_ZONE)
        .week_start("monday")
        .time(f"now-{board.shows}", "now")
        .refresh("30s")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .readonly()
        .link(all_dashboards())
        .with_variable(datasource())
        .with_variable(runbooks(runbooks_url))
    )
    for variable in board.variables:
        made.with_variable(variable)
    has = tuple(str(variable.build().name) for variable in board.variables)
    number = 0
    for heading, panels in board.rows:
        number += 1
        made.with_row(dashboard.Row(heading).id(number))
        for panel in panels:
            number += 1
            links = panel_links(panel.asked.runbook, panel.asked.to, has)
            made.with_panel(panel.builder.id(number).links(links))
    return made.build()
