"""Gauges of a connector, from the state of its outbox."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from kpr_stream.connectors.outbox.protocol import UnitStatus
from kpr_stream.connectors.report.units import UnitProgress, series_of_files
from kpr_stream.connectors.service import show
from kpr_stream.metrics.instruments import Metrics
from kpr_stream.metrics.metric import Process
from kpr_stream.model.words import System
from tests.unit.connectors.report.test_holes import file

SYSTEM = System.VISMA_HSPRO


def unit(org_nr: str, status: UnitStatus, oldest: int | None, errors: int) -> UnitProgress:
    return UnitProgress(
        org_nr=org_nr,
        status=status,
        sent_at=9_000,
        answered_at=None,
        unanswered=2,
        oldest_unsent_at=None,
        oldest_unanswered_at=oldest,
        held_since=None,
        reason=None,
        refusal=None,
        errors=errors,
    )


def test_gauges_add_up_all_units_and_folders() -> None:
    registry = CollectorRegistry()
    units = [
        unit("800000009", UnitStatus.OPEN, 5_000, 1),
        unit("800000017", UnitStatus.BLOCKED, 4_000, 2),
        unit("800000025", UnitStatus.OPEN, None, 0),
    ]
    series = series_of_files({"": [file(1, 0), file(4, 3)], "a": [file(1, 0), file(2, 2)]})
    show(Metrics(Process.CONNECTOR, registry), SYSTEM, units, series)
    expected = {
        "unanswered_deliveries": 6,
        "oldest_unanswered_timestamp_seconds": 4,
        "last_sent_timestamp_seconds": 9,
        "last_answered_timestamp_seconds": 0,
        "items_with_errors": 3,
        "missing_files": 2,
        "days_without_file": 3,
    }
    found = {
        name: registry.get_sample_value(f"kpr_connector_{name}", {"system": SYSTEM.value})
        for name in expected
    }
    assert found == expected
    for status, number in {"open": 2, "blocked": 1, "stopped": 0, "new": 0}.items():
        labels = {"system": SYSTEM.value, "status": status}
        assert registry.get_sample_value("kpr_connector_units", labels) == number


def test_an_empty_outbox_has_gauges_too() -> None:
    registry = CollectorRegistry()
    show(Metrics(Process.CONNECTOR, registry), SYSTEM, [], [])
    labels = {"system": SYSTEM.value}
    assert registry.get_sample_value("kpr_connector_unanswered_deliveries", labels) == 0
