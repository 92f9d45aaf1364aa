"""The metrics and the page about them."""

from __future__ import annotations

import re
import urllib.request
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from kpr_stream.errors import ConfigurationError
from kpr_stream.metrics import METRICS, Metrics, serve
from kpr_stream.model.words import Outcome, ReceiptStatus, System
from kpr_stream.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "operate" / "metrics.md"


def test_the_page_lists_every_metric_as_it_is() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (\w+) \| (.*) \| (.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE
    )
    assert [(n, k, tuple(re.findall(r"`(\w+)`", labels)), text) for n, k, labels, text in rows] == [
        (m.name, m.kind.value, m.labels, m.help) for m in METRICS
    ]


def test_every_metric_is_built_under_its_name() -> None:
    registry = CollectorRegistry()
    Metrics(registry)
    built = {
        (m.name + ("_total" if m.type == "counter" else ""), m.type, m.documentation)
        for m in registry.collect()
    }
    assert built == {(m.name, m.kind.value, m.help) for m in METRICS}


def test_labels_stand_in_their_places() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry, municipalities={"0301"})
    system = System.EG_INFODOC
    metrics.deliveries(system, "0301", ReceiptStatus.REFUSED).inc()
    metrics.items(system, "9999", Outcome.STALE).inc(3)
    metrics.rule_findings(system, "R1").inc()
    metrics.delivery_bytes(system).inc(10)
    metrics.units_blocked(system).set(2)
    metrics.last_delivery(system, "0301").set(5)
    metrics.lane_waiting(7).set(6)
    metrics.ledger_entries(7).set(8)
    metrics.sink_rows("content").inc(9)
    metrics.sink_batches("content").inc()
    metrics.sink_batch_seconds("content").observe(0.1)
    metrics.sink_rebuilds("content").inc()
    metrics.sink_position("content", "t", 1).set(11)
    metrics.sink_lag("content", "t", 1).set(12)
    where = {"system": "eg-infodoc", "municipality": "0301"}
    place = {"sink": "content", "topic": "t", "partition": "1"}
    expected = [
        ("kpr_deliveries_total", {**where, "status": "refused"}, 1),
        ("kpr_items_total", {**where, "municipality": "unknown", "outcome": "stale"}, 3),
        ("kpr_rule_findings_total", {"system": "eg-infodoc", "rule": "R1"}, 1),
        ("kpr_delivery_bytes_total", {"system": "eg-infodoc"}, 10),
        ("kpr_units_blocked", {"system": "eg-infodoc"}, 2),
        ("kpr_last_delivery_timestamp_seconds", where, 5),
        ("kpr_lane_waiting_records", {"lane": "7"}, 6),
        ("kpr_ledger_entries", {"lane": "7"}, 8),
        ("kpr_sink_rows_total", {"sink": "content"}, 9),
        ("kpr_sink_batches_total", {"sink": "content"}, 1),
        ("kpr_sink_batch_seconds_count", {"sink": "content"}, 1),
        ("kpr_sink_rebuilds_total", {"sink": "content"}, 1),
        ("kpr_sink_position", place, 11),
        ("kpr_sink_lag_records", place, 12),
    ]
    for name, labels, value in expected:
        assert registry.get_sample_value(name, labels) == value, name


def test_it_is_served_where_it_says() -> None:
    registry = CollectorRegistry()
    Metrics(registry).commits.inc()
    port = serve(Settings(), registry)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        assert answer.read() == generate_latest(registry)
    with pytest.raises(ConfigurationError, match=f"127.0.0.1:{port}"):
        serve(Settings(metrics_port=port), registry)
