"""Queries that several panels ask, in PromQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from deploy.grafana.parts.variables import SOURCE

SYSTEM: Final = 'system=~"$system"'
PLACE: Final = 'system=~"$system", municipality=~"$municipality"'
UNIT: Final = 'system=~"$system", org_nr=~"$unit"'
RATE: Final = "$__rate_interval"


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a panel. ``legend`` names its series, or its column in a table."""

    expr: str
    legend: str = ""
    each: str = ""
    """The least step, for bars: `1d` gives one bar a day."""


def over_time(query: Query, ref: str) -> prometheus.Dataquery:
    """Return a query over the time that is shown."""
    made = _target(query, ref).range()
    return made.interval(query.each) if query.each else made


def at_the_end(query: Query, ref: str) -> prometheus.Dataquery:
    """Return a query of the last moment that is shown."""
    return _target(query, ref).instant()


def as_rows(query: Query, ref: str) -> prometheus.Dataquery:
    """Return a query of the last moment, with one row a series."""
    return _target(query, ref).instant().format(PromQueryFormat.TABLE)


def one_line(text: str) -> str:
    """Return a query without the line breaks of the source."""
    return " ".join(text.split())


def at_least_zero(expr: str) -> str:
    """Return 0 where a count or sum finds nothing."""
    return f"({one_line(expr)}) or vector(0)"


def by_unit(metric: str, where: str = SYSTEM) -> str:
    """Return a gauge by unit and system, whichever exporter served it."""
    return f"max by (org_nr, system) ({metric}{{{where}}})"


def unit_state(where: str = SYSTEM) -> str:
    """Return the state of each unit and system, as `STATES` names it."""
    unit = "by (org_nr, system)"
    last = f"kpr_unit_last_delivery_timestamp_seconds{{{where}}}"
    return one_line(f"""
        max {unit} (0 * kpr_unit_blocked_since_timestamp_seconds{{{where}}}) + 3
        or max {unit} (0 * (time() > kpr_unit_report_due_timestamp_seconds{{{where}}})) + 2
        or max {unit} (kpr_unit_info{{{where}, agreement=~"paused|ended"}}) - 2
        or max {unit} ({last} == 0) + 1
        or max {unit} (0 * {last})
    """)


def of_place(expr: str, where: str = PLACE) -> str:
    """Keep the units and systems of the chosen municipalities."""
    return one_line(f"(({expr}) and on (org_nr, system) kpr_unit_info{{{where}}})")


def share(part: str, whole: str) -> str:
    """Return a part of a whole; nothing where the whole is zero."""
    return one_line(f"({part}) / (({whole}) > 0)")


def quantile(which: float, metric: str, where: str) -> str:
    """Return a quantile of a histogram over all its series."""
    return f"histogram_quantile({which}, sum by (le) (rate({metric}_bucket{{{where}}}[{RATE}])))"


def _target(query: Query, ref: str) -> prometheus.Dataquery:
    return (
        prometheus.Dataquery()
        .ref_id(ref)
        .datasource(SOURCE)
        .expr(one_line(query.expr))
        .legend_format(query.legend or "__auto")
    )
