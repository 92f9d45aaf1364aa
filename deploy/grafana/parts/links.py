"""Links: from a panel to its runbook and to the next dashboard, and between all dashboards."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders.dashboard import DashboardLink
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import DashboardLink as DashboardLinkModel
from grafana_foundation_sdk.models.dashboard import DashboardLinkType

TAG: Final = "kpr-stream"

NATION: Final = "kpr-nation"
MUNICIPALITY: Final = "kpr-municipality"
SYSTEM_UID: Final = "kpr-system"
PIPELINE: Final = "kpr-pipeline"
QUALITY: Final = "kpr-quality"
BACKFILL: Final = "kpr-backfill"

TITLES: Final = {
    NATION: "1 The nation",
    MUNICIPALITY: "2 One municipality",
    SYSTEM_UID: "3 One system and its releases",
    PIPELINE: "4 The pipeline",
    QUALITY: "5 Data quality",
    BACKFILL: "6 Backfill since 2017",
}
"""The dashboards in reading order, by uid."""

_TIME: Final = "${__url_time_range}"
_CARRIED: Final = {
    NATION: ("system",),
    MUNICIPALITY: ("system", "municipality"),
    SYSTEM_UID: ("system",),
    PIPELINE: ("system",),
    QUALITY: ("system",),
    BACKFILL: ("system", "municipality"),
}
"""Variables that a link hands to a dashboard, where its origin has them."""


def runbook_url(alert: str) -> str:
    """Return the address of an alert's runbook."""
    return f"${{runbooks}}/{alert}.md"


def dashboard_url(uid: str, has: tuple[str, ...]) -> str:
    """Return the address of another dashboard, with the choices made in this one."""
    choices = [f"${{{name}:queryparam}}" for name in _CARRIED[uid] if name in has]
    return f"/d/{uid}?" + "&".join([*choices, _TIME])


def panel_links(alert: str, to: str, has: tuple[str, ...]) -> list[Builder[DashboardLinkModel]]:
    """Return the two links of a panel."""
    return [
        DashboardLink(f"Runbook: {alert}")
        .type(DashboardLinkType.LINK)
        .url(runbook_url(alert))
        .target_blank(True),
        DashboardLink(f"Next: {TITLES[to][2:]}")
        .type(DashboardLinkType.LINK)
        .url(dashboard_url(to, has)),
    ]


def all_dashboards() -> DashboardLink:
    """Return the row of links to all dashboards."""
    return (
        DashboardLink("KPR Stream")
        .type(DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(False)
        .include_vars(True)
        .keep_time(True)
    )


def chosen_in_row(uid: str, variable: str, field: str) -> str:
    """Return the address of a dashboard that shows what a row's field names."""
    return f"/d/{uid}?var-{variable}=${{__data.fields.{field}}}&{_TIME}"
