"""What a committed batch adds to the metrics."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from kpr_stream.metrics import Metrics, Process
from kpr_stream.model.unit import NO_COUNTS
from kpr_stream.model.words import ReceiptStatus, System
from kpr_stream.processor.decide.delivery import DecidedDelivery
from kpr_stream.processor.worker.metrics_observer import MetricsObserver

OSLO = "0301"


def settled(number: int, status: ReceiptStatus = ReceiptStatus.PROCESSED) -> DecidedDelivery:
    processed = status is ReceiptStatus.PROCESSED
    return DecidedDelivery(
        system=System.EG_INFODOC,
        org_nr=f"97476067{number}",
        municipality_code=OSLO,
        status=status,
        blocks=not processed,
        outcomes=(2, 1, *[0] * (len(NO_COUNTS) - 2)) if processed else (),
        rules=("K-101", "K-101", "K-102") if processed else (),
        payload_bytes=100,
        at=1000 * number,
    )


def test_a_batch_is_counted_whole() -> None:
    registry = CollectorRegistry()
    observer = MetricsObserver(Metrics(Process.WORKER, registry, municipalities={OSLO}))
    observer.committed(3, 0.1, [settled(1), settled(2), settled(3, ReceiptStatus.REFUSED)])
    observer.committed(3, 0.1, [settled(4)])
    observer.committed(3, 0.1, [])
    place = {"system": "eg-infodoc", "municipality": OSLO}

    def sample(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, labels)

    assert sample("kpr_deliveries_total", **place, status="processed") == 3
    assert sample("kpr_deliveries_total", **place, status="refused") == 1
    assert sample("kpr_items_total", **place, outcome="accepted") == 6
    assert sample("kpr_items_total", **place, outcome="corrected") == 3
    assert sample("kpr_items_total", **place, outcome="rejected") is None
    assert sample("kpr_rule_findings_total", system="eg-infodoc", rule="K-101") == 6
    assert sample("kpr_delivery_bytes_total", system="eg-infodoc") == 400
    assert sample("kpr_last_delivery_timestamp_seconds", **place) == 4
    assert sample("kpr_units_blocked", system="eg-infodoc") == 1
    assert sample("kpr_commits_total") == 3
