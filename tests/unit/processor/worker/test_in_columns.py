"""When a worker decides in columns, and what is seen of it where columns raise."""

from __future__ import annotations

import logging

import pytest
from prometheus_client import CollectorRegistry

from kpr_stream.metrics.instruments import Metrics
from kpr_stream.metrics.metric import Process
from kpr_stream.processor.worker.build import in_columns
from kpr_stream.processor.worker.metrics_observer import MetricsObserver
from kpr_stream.settings import Settings

SECRET = "a value that no log may show"


def test_a_setting_switches_columns_off() -> None:
    observer = MetricsObserver(Metrics(Process.WORKER, CollectorRegistry()))
    assert in_columns(Settings(decide_in_columns=True), observer) is not None
    assert in_columns(Settings(decide_in_columns=False), observer) is None


def test_columns_that_raise_are_counted_and_logged_without_a_value(
    caplog: pytest.LogCaptureFixture,
) -> None:
    registry = CollectorRegistry()
    columns = in_columns(
        Settings(decide_in_columns=True), MetricsObserver(Metrics(Process.WORKER, registry))
    )
    assert columns is not None
    assert registry.get_sample_value("kpr_columns_failed_total") == 0
    with caplog.at_level(logging.ERROR):
        columns.failed(ValueError(SECRET))
    assert registry.get_sample_value("kpr_columns_failed_total") == 1
    assert "goes item by item: ValueError" in caplog.text
    assert SECRET not in caplog.text
