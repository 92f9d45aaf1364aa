"""Panels: a question with its answer, in the few forms that all dashboards use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

from grafana_foundation_sdk.builders import bargauge, common, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.builders.dashboard import FieldColor, ThresholdsConfig
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
    ThresholdsMode,
    ValueMapping,
)

from deploy.grafana.parts.colours import STATES, Steps, fixed, thresholds, value_texts
from deploy.grafana.parts.columns import Column, overrides, transformations
from deploy.grafana.parts.queries import Query, as_rows, at_the_end, over_time
from deploy.grafana.parts.variables import SOURCE

Builder: TypeAlias = (
    stat.Panel | table.Panel | timeseries.Panel | bargauge.Panel | statetimeline.Panel
)
AnyBuilder = TypeVar(
    "AnyBuilder",
    stat.Panel,
    table.Panel,
    timeseries.Panel,
    bargauge.Panel,
    statetimeline.Panel,
)
MOST_TILES: Final = 500
"""The nation has 357 municipalities; Grafana shows 25 tiles unless more are asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What every panel has: question, description, unit, thresholds and where to look next."""

    question: str
    why: str
    unit: str
    steps: Steps
    runbook: str
    """The alert whose runbook helps when the answer is bad."""
    to: str
    """Uid of the dashboard that shows more."""
    width: int
    height: int
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel that has all but its links."""

    asked: Asked
    builder: Builder


def number(
    asked: Asked,
    query: Query,
    *,
    texts: Mapping[int, tuple[str, str]] | None = None,
    missing: str = "no data",
) -> Panel:
    """Return one large number on its colour."""
    made = _common(stat.Panel(), asked, mappings=value_texts(texts) if texts else [])
    made.with_target(at_the_end(query, "A")).no_value(missing)
    made.reduce_options(_last()).graph_mode(kinds.BigValueGraphMode.NONE)
    made.color_mode(kinds.BigValueColorMode.BACKGROUND_SOLID)
    made.text_mode(kinds.BigValueTextMode.VALUE)
    return Panel(asked, made)


def tiles(asked: Asked, query: Query, *, order: str, link: tuple[str, str]) -> Panel:
    """Return one coloured tile a row, in a fixed order, each with a link of its own."""
    made = _common(stat.Panel(), asked, mappings=value_texts(STATES))
    made.with_target(as_rows(query, "A"))
    made.transformations(
        [
            DataTransformerConfig("organize", options={"excludeByName": {"Time": True}}),
            DataTransformerConfig("sortBy", options={"sort": [{"field": order}]}),
        ]
    )
    made.reduce_options(
        common.ReduceDataOptions().values(True).fields("/^Value$/").limit(MOST_TILES).calcs([])
    )
    made.color_mode(kinds.BigValueColorMode.BACKGROUND_SOLID)
    made.text_mode(kinds.BigValueTextMode.NAME).graph_mode(kinds.BigValueGraphMode.NONE)
    made.text(common.VizTextDisplayOptions().title_size(11))
    title, url = link
    links = DynamicConfigValue("links", [{"title": title, "url": url}])
    made.override_by_name("Value", [links])
    return Panel(asked, made)


def rows(asked: Asked, columns: Sequence[Column], *, first: str, per_row: Sequence[str]) -> Panel:
    """Return a table. ``first``: the column it is sorted by, greatest first.

    ``per_row``: the labels that identify a row, which every query has.
    """
    made = _common(table.Panel(), asked)
    queries = [one for one in columns if one.query]
    for ref, one in zip(letters(len(queries)), queries, strict=True):
        made.with_target(as_rows(Query(one.query), ref))
    made.transformations(transformations(columns, per_row))
    made.sort_by([common.TableSortByFieldState().display_name(first).desc(True)])
    made.cell_height(kinds.TableCellHeight.SM).filterable(False)
    for name, properties in overrides(columns):
        made.override_by_name(name, properties)
    return Panel(asked, made)


def lines(
    asked: Asked,
    *queries: Query,
    colours: Mapping[str, str] | None = None,
    limit_shown: bool = False,
    stacked: bool = False,
    bars: bool = False,
    most: float | None = None,
) -> Panel:
    """Return lines, areas or bars over time. ``limit_shown``: draw the thresholds as lines."""
    made = _common(timeseries.Panel(), asked)
    for ref, query in zip(letters(len(queries)), queries, strict=True):
        made.with_target(over_time(query, ref))
    made.color_scheme(FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC_BY_NAME)).min(0)
    if most is not None:
        made.max(most)
    made.line_width(2).show_points(kinds.VisibilityMode.NEVER)
    made.fill_opacity(70 if stacked or bars else 0)
    style = kinds.GraphDrawStyle.BARS if bars else kinds.GraphDrawStyle.LINE
    made.draw_style(style).span_nulls(False)
    mode = kinds.StackingMode.NORMAL if stacked else kinds.StackingMode.NONE
    made.stacking(common.StackingConfig().mode(mode).group("A"))
    shown = kinds.GraphThresholdsStyleMode.DASHED if limit_shown else None
    made.thresholds_style(
        common.GraphThresholdsStyleConfig().mode(shown or kinds.GraphThresholdsStyleMode.OFF)
    )
    made.legend(_legend())
    made.tooltip(
        common.VizTooltipOptions()
        .mode(kinds.TooltipDisplayMode.MULTI)
        .sort(kinds.SortOrder.DESCENDING)
    )
    for name, colour in (colours or {}).items():
        made.override_by_name(name, [fixed(colour)])
    return Panel(asked, made)


def ranking(asked: Asked, query: Query, *, most: float | None = None) -> Panel:
    """Return one bar a series, greatest first if the query sorts."""
    made = _common(bargauge.Panel(), asked)
    made.with_target(at_the_end(query, "A")).min(0)
    if most is not None:
        made.max(most)
    made.reduce_options(_last()).orientation(kinds.VizOrientation.HORIZONTAL)
    made.display_mode(kinds.BarGaugeDisplayMode.BASIC).show_unfilled(True)
    made.value_mode(kinds.BarGaugeValueMode.TEXT)
    made.name_placement(kinds.BarGaugeNamePlacement.LEFT)
    return Panel(asked, made)


def states(asked: Asked, query: Query) -> Panel:
    """Return the state of each unit over time, as coloured bands."""
    made = _common(statetimeline.Panel(), asked, mappings=value_texts(STATES))
    made.with_target(over_time(query, "A")).merge_values(True)
    made.show_value(kinds.VisibilityMode.NEVER).row_height(0.8).fill_opacity(90).per_page(30)
    made.legend(_legend())
    return Panel(asked, made)


def letters(number_of: int) -> list[str]:
    """Return the names of queries: A, B, …"""
    return [chr(ord("A") + place) for place in range(number_of)]


def _common(made: AnyBuilder, asked: Asked, *, mappings: Sequence[ValueMapping] = ()) -> AnyBuilder:
    made.title(asked.question).description(asked.why).unit(asked.unit).datasource(SOURCE)
    made.span(asked.width).height(asked.height)
    made.thresholds(ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(thresholds(asked.steps)))
    made.color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
    if mappings:
        made.mappings(list(mappings))
    if asked.decimals is not None:
        made.decimals(asked.decimals)
    return made


def _last() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().values(False).calcs(["lastNotNull"])


def _legend() -> common.VizLegendOptions:
    return (
        common.VizLegendOptions()
        .display_mode(kinds.LegendDisplayMode.LIST)
        .placement(kinds.LegendPlacement.BOTTOM)
        .show_legend(True)
    )
