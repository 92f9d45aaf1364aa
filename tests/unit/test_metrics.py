"""The metrics and the page about them."""

from __future__ import annotations

import re
import urllib.request
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from kpr_stream import metrics as declared
from kpr_stream.errors import ConfigurationError
from kpr_stream.metrics import METRICS, Metrics, Process, serve
from kpr_stream.model.words import Outcome, ReceiptStatus, System
from kpr_stream.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "operate" / "metrics.md"


def test_the_page_lists_every_metric_as_it_is() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (\w+) \| (\w+) \| (.*) \| (.*) \| (.*) \|$",
        PAGE.read_text("utf-8"),
        re.MULTILINE,
    )
    assert [
        (name, process, kind, unit, tuple(re.findall(r"`(\w+)`", labels)), text)
        for name, process, kind, unit, labels, text in rows
    ] == [(m.name, m.served_by, m.type.__name__.lower(), m.unit, m.labels, m.help) for m in METRICS]


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
        (m.name, m.type.__name__.lower(), m.help) for m in METRICS if m.served_by is process
    }


def test_a_metric_of_another_process_is_not_served() -> None:
    with pytest.raises(KeyError):
        Metrics(Process.SINK, CollectorRegistry()).of(declared.COMMITS)


def test_label_values_are_in_the_order_of_the_row_and_bounded() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(Process.WORKER, registry, municipalities={"0301"})
    system = System.EG_INFODOC
    metrics.of(declared.DELIVERIES, system, "0301", ReceiptStatus.REFUSED).inc()
    metrics.of(declared.ITEMS, system, "9999", Outcome.STALE).inc(3)
    metrics.of(declared.LAST_DELIVERY, system, "0301").set(5)
    metrics.of(declared.LANE_WAITING, 7).set(6)
    metrics.of(declared.LANES_OPEN).set(2)
    where = {"system": "eg-infodoc", "municipality": "0301"}
    expected: list[tuple[str, dict[str, str], int]] = [
        ("kpr_deliveries_total", {**where, "status": "refused"}, 1),
        ("kpr_items_total", {**where, "municipality": "unknown", "outcome": "stale"}, 3),
        ("kpr_last_delivery_timestamp_seconds", where, 5),
        ("kpr_lane_waiting_records", {"lane": "7"}, 6),
        ("kpr_lanes_open", {}, 2),
    ]
    for name, labels, value in expected:
        assert registry.get_sample_value(name, labels) == value, name


@pytest.mark.parametrize("labels", [(), ("eg-infodoc",), ("eg-infodoc", "0301", "stale", "more")])
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


def test_it_is_served_where_it_says() -> None:
    registry = CollectorRegistry()
    Metrics(Process.WORKER, registry).of(declared.COMMITS).inc()
    port = serve(Settings(), registry)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        assert answer.read() == generate_latest(registry)
    with pytest.raises(ConfigurationError, match=f"127.0.0.1:{port}"):
        serve(Settings(metrics_port=port), registry)
