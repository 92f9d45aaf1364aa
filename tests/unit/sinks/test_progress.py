"""What a sink says of itself while it reads, writes, waits and retries."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest
from aiokafka import TopicPartition
from prometheus_client import CollectorRegistry

from kpr_stream.database.transient import CAUSE_CLASSES
from kpr_stream.errors import BrokerError
from kpr_stream.metrics.instruments import Metrics
from kpr_stream.metrics.metric import Process
from kpr_stream.sinks.progress import SLOW_S, SinkProgress
from tests.support.sink_records import Incoming

PLACE = TopicPartition("kpr.hst.consultation", 3)


class Scene:
    """One sink's progress on a clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.registry = CollectorRegistry()
        metrics = Metrics(
            Process.CONTENT_SINK, self.registry, sink=("content",), cause=CAUSE_CLASSES
        )
        self.progress = SinkProgress("content", metrics, clock=lambda: self.now)

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, {"sink": "content", **labels})

    def lag(self) -> float | None:
        return self.value("kpr_sink_lag_records", topic=PLACE.topic, partition="3")

    def connected(self) -> None:
        self.progress.restarted()
        self.progress.placed(PLACE, 10)
        self.progress.measured({PLACE: 10})


def arrived(at: float) -> Any:
    return {PLACE: [Incoming(3, 10, b"", b"", timestamp=round(at * 1000))]}


def test_lag_and_age_grow_while_the_database_is_away() -> None:
    scene = Scene()
    scene.connected()
    assert (scene.lag(), scene.value("kpr_sink_oldest_unapplied_seconds")) == (0, 0)
    scene.progress.fetched(arrived(999.0), lambda _: 14)
    with scene.progress.writing():
        scene.now += 30
        scene.progress.measured({PLACE: 50})
        assert scene.lag() == 40
        assert scene.value("kpr_sink_oldest_unapplied_seconds") == 31
        assert scene.value("kpr_sink_position", topic=PLACE.topic, partition="3") == 10
        assert scene.progress.against_ready() == "The database has not committed for 30 s."
    scene.progress.written(1, 30.0, fetched=True, live=arrived(999.0))
    scene.progress.placed(PLACE, 50)
    assert (scene.lag(), scene.value("kpr_sink_oldest_unapplied_seconds")) == (0, 0)
    assert scene.value("kpr_sink_last_commit_timestamp_seconds") == 1030
    assert scene.value("kpr_sink_last_applied_timestamp_seconds") == 999
    assert scene.value("kpr_sink_row_latency_seconds_sum", system="visma-hspro") == 31
    assert scene.progress.against_ready() is None


def test_a_kafka_that_hangs_is_a_reason_as_well() -> None:
    scene = Scene()
    scene.connected()
    with scene.progress.fetching():
        scene.now += SLOW_S + 1
        assert scene.progress.against_ready() == "Kafka has not answered for 11 s."
    scene.progress.unanswered(BrokerError("Kafka at x did not answer.", what_to_do="Look."))
    assert scene.progress.against_ready() == "Kafka at x did not answer."
    scene.progress.measured({PLACE: 10})
    assert scene.progress.against_ready() is None


def test_a_sink_that_has_not_connected_is_not_ready() -> None:
    scene = Scene()
    scene.now += 2
    assert scene.progress.against_ready() == "The sink has not connected for 2 s."


@pytest.mark.parametrize(
    ("cause", "class_"),
    [(asyncpg.DeadlockDetectedError(), "40"), (ConnectionRefusedError(), "unreachable")],
)
def test_retries_are_counted_by_their_cause_from_zero(cause: Exception, class_: str) -> None:
    scene = Scene()
    assert scene.value("kpr_sink_retries_total", cause=class_) == 0
    scene.progress.retried(cause)
    assert scene.value("kpr_sink_retries_total", cause=class_) == 1


def test_records_that_wait_while_none_arrives_are_a_stall() -> None:
    scene = Scene()
    scene.connected()
    scene.progress.measured({PLACE: 12})
    scene.now += SLOW_S + 1
    scene.progress.measured({PLACE: 13})
    assert scene.progress.stalled_s() == SLOW_S + 1
    reason = scene.progress.against_ready()
    assert reason == "Records wait on the topics, and none has arrived here for 11 s."
    scene.progress.fetched(arrived(999.0), lambda _: 13)
    assert scene.progress.stalled_s() == 0
    scene.progress.written(1, 0.1, True, {})
    scene.progress.placed(PLACE, 13)
    scene.progress.measured({PLACE: 13})
    scene.now += SLOW_S + 1
    assert (scene.progress.stalled_s(), scene.progress.against_ready()) == (0, None)


def test_no_stall_while_the_database_is_slow_or_after_a_new_connection() -> None:
    scene = Scene()
    scene.connected()
    scene.progress.fetched(arrived(999.0), lambda _: 14)
    scene.progress.measured({PLACE: 50})
    scene.now += 60
    assert scene.progress.stalled_s() == 0
    scene.progress.restarted()
    scene.progress.measured({PLACE: 50})
    scene.now += 5
    assert scene.progress.stalled_s() == 5
    scene.progress.restarted()
    assert scene.progress.stalled_s() == 0
