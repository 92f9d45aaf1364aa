"""Every dashboard keeps every rule, and every rule finds the fault that it is for."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.grafana.parts.colours import (
    KIND_COLOURS,
    OUTCOME_COLOURS,
    QUANTILE_COLOURS,
    SEVERITY_COLOURS,
    SYSTEM_COLOURS,
)
from kpr_stream.model.words import OUTCOMES, SYSTEMS, Severity
from tests.support.promql import grouped_labels, matchers, metric_names
from tests.unit.alerts.served import OF_TARGETS, VALUES
from tests.unit.grafana import board_rules, panel_rules
from tests.unit.grafana.reading import (
    FILES,
    VARIABLE,
    Read,
    expressions,
    overrides,
    panels,
    query_of,
    read,
    variables,
)
from tests.unit.grafana.served import ALERTS, LABELS

NATION = next(path for path in FILES if path.stem == "kpr-nation")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_panel_keeps_every_rule(path: Path) -> None:
    faults = [
        f"{panel['title']}: {rule.__name__}: {fault}"
        for panel in panels(read(path))
        for rule in panel_rules.RULES
        for fault in rule(panel)
    ]
    assert faults == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_dashboard_keeps_every_rule(path: Path) -> None:
    board = read(path)
    faults = [f"{rule.__name__}: {fault}" for rule in board_rules.RULES for fault in rule(board)]
    assert faults == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_series_and_label_of_a_query_is_served(path: Path) -> None:
    board = read(path)
    asked = [expr for panel in panels(board) for expr in expressions(panel)]
    asked += [
        query_of(one).removeprefix("query_result").removeprefix("label_values")
        for one in variables(board).values()
        if one["type"] == "query" and query_of(one).startswith("query_result")
    ]
    assert asked
    for text in asked:
        expr = VARIABLE.sub("1m", text.replace("$__rate_interval", "1m"))
        names = metric_names(expr)
        assert names - LABELS.keys() == set(), text
        known = OF_TARGETS.union(*(LABELS[name] for name in names))
        assert grouped_labels(expr) - known == set(), text
        for one in matchers(expr):
            assert one.label in LABELS[one.metric], one
            if one.metric in ALERTS or one.operator != "=" or one.label not in VALUES:
                continue
            assert one.value in VALUES[one.label], one


def test_one_colour_means_the_same_everywhere() -> None:
    seen: dict[str, set[str]] = {}
    for path in FILES:
        for panel in panels(read(path)):
            for field, properties in overrides(panel):
                if properties.get("color"):
                    seen.setdefault(field, set()).add(properties["color"]["fixedColor"])
    assert {name: colours for name, colours in seen.items() if len(colours) > 1} == {}
    for colours in (SYSTEM_COLOURS, OUTCOME_COLOURS, SEVERITY_COLOURS, KIND_COLOURS):
        assert colours.items() <= {(name, next(iter(found))) for name, found in seen.items()}
        assert len(set(colours.values())) == len(colours)
    assert len(set(QUANTILE_COLOURS.values())) == len(QUANTILE_COLOURS)


def test_every_word_of_a_closed_list_has_its_colour() -> None:
    assert list(SYSTEM_COLOURS) == list(SYSTEMS)
    assert set(OUTCOME_COLOURS) == {one.value for one in OUTCOMES}
    assert set(SEVERITY_COLOURS) == set(Severity)


def _change(panel: Read, path: str, value: Any) -> None:
    *parents, last = path.split(".")
    at: Any = panel
    for key in parents:
        at = at[int(key) if key.isdigit() else key]
    at[last] = value


PANEL_FAULTS: dict[Callable[[Read], Any], tuple[str, Any]] = {
    panel_rules.title_is_a_question: ("title", "Silent units"),
    panel_rules.title_fits: ("gridPos.w", 1),
    panel_rules.description_is_a_text: ("description", "Silence"),
    panel_rules.unit_is_set: ("fieldConfig.defaults.unit", ""),
    panel_rules.thresholds_are_set: ("fieldConfig.defaults.thresholds.steps", []),
    panel_rules.source_is_the_variable: ("datasource", {"type": "prometheus", "uid": "mine"}),
    panel_rules.links_lead_on: ("links", []),
    panel_rules.windows_fit_the_step: ("targets.0.expr", "rate(kpr_items_total[5m])"),
    panel_rules.counters_are_rated: ("targets.0.expr", "sum(kpr_items_total)"),
    panel_rules.lines_are_few: ("targets.0.expr", "sum by (org_nr) (kpr_unit_next_sequence)"),
    panel_rules.steps_are_known: ("type", "piechart"),
    panel_rules.columns_exist: ("options.sortBy", [{"displayName": "Nothing"}]),
    panel_rules.legends_name_labels: ("targets.0.legendFormat", "{{nothing}}"),
}


@pytest.mark.parametrize("rule", panel_rules.RULES, ids=lambda rule: rule.__name__)
def test_every_rule_for_panels_finds_its_fault(rule: Callable[[Read], Any]) -> None:
    found = []
    for panel in panels(read(NATION)):
        broken = copy.deepcopy(panel)
        _change(broken, *PANEL_FAULTS[rule])
        found += list(rule(broken))
    assert found


BOARD_FAULTS: dict[Callable[[Read], Any], tuple[str, Any]] = {
    board_rules.frame_is_complete: ("timezone", "browser"),
    board_rules.panels_do_not_overlap: ("panels.2.gridPos", {"x": 0, "y": 1, "w": 4, "h": 4}),
    board_rules.rows_are_full: ("panels.2.gridPos", {"x": 4, "y": 1, "w": 3, "h": 4}),
    board_rules.wrong_comes_first: ("panels.1.type", "timeseries"),
    board_rules.names_are_unique: ("panels.2.id", 2),
    board_rules.variables_are_declared_and_used: ("templating.list", []),
    board_rules.links_hand_over_what_is_chosen: (
        "panels.2.links",
        [{"url": "/d/kpr-nation?${unit:queryparam}"}],
    ),
}


@pytest.mark.parametrize("rule", board_rules.RULES, ids=lambda rule: rule.__name__)
def test_every_rule_for_dashboards_finds_its_fault(rule: Callable[[Read], Any]) -> None:
    broken = read(NATION)
    assert list(rule(broken)) == []
    _change(broken, *BOARD_FAULTS[rule])
    assert list(rule(broken))
