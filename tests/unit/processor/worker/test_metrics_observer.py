"""What a committed batch adds to the metrics."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from kpr_stream.metrics.instruments import Metrics
from kpr_stream.metrics.metric import Process
from kpr_stream.model.unit import NO_COUNTS
from kpr_stream.model.words import Cause, ReceiptStatus, Severity, System
from kpr_stream.processor.decide.delivery import DecidedDelivery
from kpr_stream.processor.worker.metrics_observer import MetricsObserver


def settled(number: int, status: ReceiptStatus = ReceiptStatus.PROCESSED) -> DecidedDelivery:
    processed = status is ReceiptStatus.PROCESSED
    return DecidedDelivery(
        system=System.EG_INFODOC,
        org_nr=f"97476067{number}",
        delivery_id=f"0b0f6c1e-6f0e-4b0a-9c56-00000000000{number}",
        sequence=number,
        status=status,
        cause=None if processed else Cause.COUNT_MISMATCH,
        outcomes=(2, 1, *[0] * (len(NO_COUNTS) - 2)) if processed else (),
        rules=("K-101", "K-101", "K-102") if processed else (),
        payload_bytes=100,
        at=1000 * number,
    )


def test_a_batch_is_counted_whole() -> None:
    registry = CollectorRegistry()
    observer = MetricsObserver(
        Metrics(Process.WORKER, registry),
        {"K-101": Severity.WARN, "K-102": Severity.SET_ASIDE},
        clock=lambda: 4.5,
    )
    observer.committed(3, 0.1, [settled(1), settled(2), settled(3, ReceiptStatus.REFUSED)])
    observer.committed(3, 0.1, [settled(4)])
    observer.committed(3, 0.1, [])

    def sample(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, labels)

    assert sample("kpr_deliveries_total", system="eg-infodoc", status="processed") == 3
    assert sample("kpr_deliveries_total", system="eg-infodoc", status="refused") == 1
    assert sample("kpr_items_total", system="eg-infodoc", outcome="accepted") == 6
    assert sample("kpr_items_total", system="eg-infodoc", outcome="corrected") == 3
    assert sample("kpr_items_total", system="eg-infodoc", outcome="rejected") == 0
    assert (
        sample("kpr_rule_findings_total", system="eg-infodoc", rule="K-101", severity="warn") == 6
    )
    assert sample("kpr_receipt_latency_seconds_count", system="eg-infodoc") == 4
    waited_s = 3.5 + 2.5 + 1.5 + 0.5
    assert sample("kpr_receipt_latency_seconds_sum", system="eg-infodoc") == waited_s
    assert sample("kpr_delivery_bytes_total", system="eg-infodoc") == 400
    assert sample("kpr_commits_total") == 3


def test_the_oldest_waiting_delivery_of_each_system_is_shown_over_all_lanes() -> None:
    registry = CollectorRegistry()
    observer = MetricsObserver(Metrics(Process.WORKER, registry), clock=lambda: 100.0)

    def age() -> float | None:
        return registry.get_sample_value("kpr_oldest_waiting_seconds", {"system": "eg-infodoc"})

    assert age() == 0
    observer.waiting(1, 5, 10, {System.EG_INFODOC: 90_000})
    observer.waiting(2, 5, 10, {System.EG_INFODOC: 40_000})
    assert age() == 60
    observer.waiting(2, 0, 10, {})
    assert age() == 10
    observer.lane_closed(1)
    assert age() == 0
