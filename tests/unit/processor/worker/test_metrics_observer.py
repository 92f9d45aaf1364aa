"""What a committed batch adds to the metrics."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry

from kpr_stream.metrics.instruments import Metrics
from kpr_stream.metrics.metric import Process
from kpr_stream.metrics.worker import OF_LANE
from kpr_stream.model.stages import Stage
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
    refused = {"system": "eg-infodoc", "cause": "COUNT_MISMATCH"}
    assert sample("kpr_refusals_total", **refused) == 1
    assert sample("kpr_refusals_total", **refused | {"cause": "UNKNOWN_KEY"}) == 0
    assert sample("kpr_commits_total") == 3


def test_the_oldest_waiting_delivery_of_each_system_is_shown_over_all_lanes() -> None:
    registry = CollectorRegistry()
    observer = MetricsObserver(Metrics(Process.WORKER, registry), clock=lambda: 100.0)

    def age() -> float | None:
        return registry.get_sample_value("kpr_oldest_waiting_seconds", {"system": "eg-infodoc"})

    assert age() == 0
    observer.waiting(1, 5, {System.EG_INFODOC: 90_000})
    observer.waiting(2, 5, {System.EG_INFODOC: 40_000})
    assert age() == 60
    observer.waiting(2, 0, {})
    assert age() == 10
    observer.lane_closed(1)
    assert age() == 0


def test_what_is_served_of_a_lane_ends_with_it() -> None:
    registry = CollectorRegistry()
    observer = MetricsObserver(Metrics(Process.WORKER, registry))
    names = [metric.name for metric in OF_LANE]

    def of_lane(lane: int) -> list[float | None]:
        return [registry.get_sample_value(name, {"lane": str(lane)}) for name in names]

    observer.opening(1, 500)
    observer.opening(2, 0)
    observer.lane_opened(2, 0.1)
    assert of_lane(2) == [0, 0, None, None], "who serves a lane is known from its opening on"
    observer.ledger_size(2, 30, 4_000)
    observer.waiting(2, 7, {})
    assert of_lane(1) == [None, 500, None, None]
    assert of_lane(2) == [7, 0, 30, 4_000]
    observer.lane_closed(1)  # a rebuild that a new owner has made needless
    observer.lane_closed(2)
    assert of_lane(1) == of_lane(2) == [None] * len(names)


def test_the_time_of_each_stage_is_counted_apart() -> None:
    registry = CollectorRegistry()
    observer = MetricsObserver(Metrics(Process.WORKER, registry))
    observer.measured(Stage.DECODE, 0.002)
    observer.measured(Stage.DECODE, 0.004)
    counts = {
        stage: registry.get_sample_value("kpr_stage_seconds_count", {"stage": stage})
        for stage in Stage
    }
    assert counts == dict.fromkeys(Stage, 0) | {Stage.DECODE: 2}
    total = registry.get_sample_value("kpr_stage_seconds_sum", {"stage": "decode"})
    assert total == pytest.approx(0.006)
