"""The metrics and the page about them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Gauge, Histogram

from kpr_stream.metrics import worker as declared
from kpr_stream.metrics.instruments import Metrics
from kpr_stream.metrics.metric import ANY, CONNECTOR, PROBE, PROJECTOR, SINK, WORKER, Process
from kpr_stream.metrics.table import METRICS
from kpr_stream.model.words import Outcome, ReceiptStatus, Severity, System
from kpr_stream.processor.worker.metrics_observer import MetricsObserver

PROCESSES = {
    ANY: "any",
    WORKER: "worker",
    SINK: "sink",
    PROBE: "probe",
    PROJECTOR: "projector",
    CONNECTOR: "connector",
}
PAGE = Path(__file__).parents[3] / "docs" / "operate" / "metrics.md"


def test_the_page_lists_every_metric_as_it_is() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| ([a-z]+) \| (\w+) \| (.*) \| (.*) \| (.*) \|$",
        PAGE.read_text("utf-8"),
        re.MULTILINE,
    )
    assert [
        (name, process, kind, unit, tuple(re.findall(r"`(\w+)`", labels)), text)
        for name, process, kind, unit, labels, text in rows
    ] == [
        (m.name, PROCESSES[m.served_by], m.type.__name__.lower(), m.unit, m.labels, m.help)
        for m in METRICS
    ]


def test_no_two_metrics_share_a_name() -> None:
    assert len({m.name for m in METRICS}) == len(METRICS) > 0


@pytest.mark.parametrize("process", Process)
def test_a_process_creates_its_own_metrics_under_their_names(process: Process) -> None:
    registry = CollectorRegistry()
    Metrics(process, registry)
    created = {
        (m.name + ("_total" if m.type == "counter" else ""), m.type, m.documentation)
        for m in registry.collect()
    }
    assert created == {
        (m.name, m.type.__name__.lower(), m.help) for m in METRICS if process in m.served_by
    }


def test_a_metric_of_another_process_is_not_served() -> None:
    with pytest.raises(KeyError):
        Metrics(Process.CONTENT_SINK, CollectorRegistry()).of(declared.COMMITS)


def test_label_values_are_in_the_order_of_the_row() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(Process.WORKER, registry)
    system = System.EG_INFODOC
    metrics.of(declared.DELIVERIES, system, ReceiptStatus.REFUSED).inc()
    metrics.of(declared.ITEMS, system, Outcome.STALE).inc(3)
    metrics.of(declared.LANE_WAITING, 7).set(6)
    metrics.of(declared.LANES_OPEN).set(2)
    expected: list[tuple[str, dict[str, str], int]] = [
        ("kpr_deliveries_total", {"system": "eg-infodoc", "status": "refused"}, 1),
        ("kpr_items_total", {"system": "eg-infodoc", "outcome": "stale"}, 3),
        ("kpr_lane_waiting_records", {"lane": "7"}, 6),
        ("kpr_lanes_open", {}, 2),
    ]
    for name, labels, value in expected:
        assert registry.get_sample_value(name, labels) == value, name


@pytest.mark.parametrize("labels", [(), ("eg-infodoc",), ("eg-infodoc", "stale", "more")])
def test_too_few_or_too_many_label_values_are_refused(labels: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="argument"):
        Metrics(Process.WORKER, CollectorRegistry()).of(declared.ITEMS, *labels)


def test_a_lane_that_another_worker_serves_is_no_longer_shown() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(Process.WORKER, registry)
    metrics.of(declared.LANE_WAITING, 7).set(6)
    metrics.of(declared.LANE_WAITING, 6).set(5)
    metrics.forget(declared.LANE_WAITING, 7)
    assert registry.get_sample_value("kpr_lane_waiting_records", {"lane": "7"}) is None
    assert registry.get_sample_value("kpr_lane_waiting_records", {"lane": "6"}) == 5


def test_every_foreseen_label_set_starts_at_zero_and_nothing_says_when_it_was_made() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(Process.WORKER, registry)
    MetricsObserver(metrics, {"K-101": Severity.SET_ASIDE})
    counters = [m for m in METRICS if m.type is not Gauge and Process.WORKER in m.served_by]
    names = {sample.name for family in registry.collect() for sample in family.samples}
    for metric in counters:
        assert metric.name + ("_count" if metric.type is Histogram else "") in names, metric.name
    finding = {"system": "visma-hspro", "rule": "K-101", "severity": "set_aside"}
    assert registry.get_sample_value("kpr_rule_findings_total", finding) == 0
    where = {"system": "visma-hspro", "outcome": "rejected"}
    assert registry.get_sample_value("kpr_items_total", where) == 0
    assert not [name for name in names if name.endswith("_created")]
