"""Every name in every expression is served: a misspelt one would never fire."""

from __future__ import annotations

import re

import pytest

from kpr_stream.metrics.sink import SINK_ROW_LATENCY
from kpr_stream.metrics.worker import RECEIPT_LATENCY
from tests.support.promql import grouped_labels, matchers, metric_names
from tests.unit.alerts.served import LABELS, OF_TARGETS, VALUES
from tools.alerts import slo
from tools.alerts.alert import Alert
from tools.alerts.table import ALERTS, RECORDED

EXPRESSIONS = {
    **{f"{one.name} {one.severity}": one.expression for one in ALERTS},
    **{f"{one.name} {dict(one.labels)}": one.expression for one in RECORDED},
}


def sources(expression: str) -> set[str]:
    """The series of an expression, and those of the expressions that it selects by name."""
    found: set[str] = set()
    waiting = metric_names(expression)
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= {
            inner
            for one in RECORDED
            if one.name == name
            for inner in metric_names(one.expression) - found
        }
    return found


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_every_series_and_label_is_served(expression: str) -> None:
    names = sources(expression)
    assert names or expression.startswith("vector(")
    assert names - LABELS.keys() == set()
    known = OF_TARGETS.union(*(LABELS[name] for name in names))
    assert grouped_labels(expression) - known == set()
    for one in matchers(expression):
        assert one.label in LABELS[one.metric], one
        if one.label in VALUES and one.operator in ("=", "!="):
            assert one.value in VALUES[one.label], one


@pytest.mark.parametrize("alert", ALERTS, ids=[f"{a.name} {a.severity}" for a in ALERTS])
def test_every_label_in_a_text_can_be_there(alert: Alert) -> None:
    used = set(re.findall(r"\$labels\.(\w+)", alert.summary + alert.description))
    given = grouped_labels(alert.expression) | {one.label for one in matchers(alert.expression)}
    if not grouped_labels(alert.expression):  # nothing is aggregated: every label is kept
        given = given.union(*(LABELS[name] for name in metric_names(alert.expression)))
    assert used - given == set()


def test_an_unknown_series_is_found() -> None:
    names = metric_names(
        'sum by (a) (rate(kpr_x_total{b="kpr_y"}[5m] offset 1d)) / on (c) up > 1e3'
    )
    assert names == {"kpr_x_total", "up"}
    assert grouped_labels('sum by (a, b) (x{c="d"}) * on (e) group_left () y') == {"a", "b", "e"}
    assert [tuple(one) for one in matchers('x{a="1",b!="2"}')] == [
        ("x", "a", "=", "1"),
        ("x", "b", "!=", "2"),
    ]


def test_the_bounds_of_the_objectives_are_bounds_of_buckets() -> None:
    assert slo.RECEIPT_S in RECEIPT_LATENCY.buckets
    assert slo.ROW_S in SINK_ROW_LATENCY.buckets
