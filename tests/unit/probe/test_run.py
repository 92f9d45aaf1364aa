"""One step of the probe: what it measures, logs and says of its readiness."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from kpr_stream.errors import BrokerError, ConfigurationError, OutsideLogError
from kpr_stream.metrics.instruments import Metrics
from kpr_stream.metrics.metric import Process
from kpr_stream.probe import run as tested
from kpr_stream.probe.pace import SentHello
from kpr_stream.probe.run import Probe

AWAY = BrokerError("Kafka at x does not answer.", what_to_do="Check the broker.")


@dataclass
class FakeExchange:
    """Answers each hello at once, unless told otherwise."""

    org_nr: str = "299999904"
    lane: int = 7
    status: str = "hello"
    expected: int = 1
    answers: bool = True
    error: BrokerError | None = None
    sent: list[SentHello] = field(default_factory=list)
    closed: int = 0
    _unread: list[dict[str, Any]] = field(default_factory=list)

    async def connect(self) -> None:
        if self.error is not None:
            raise self.error

    async def send(self, hello: SentHello) -> None:
        self.sent.append(hello)
        self._unread.append(
            {
                "delivery_id": hello.hello_id,
                "status": self.status,
                "reason": None if self.status == "hello" else "INVALID_ORG_NR",
                "expected_sequence": self.expected,
            }
        )

    async def receipts(self) -> list[dict[str, Any]]:
        found, self._unread = self._unread, []
        return found if self.answers else []

    async def close(self) -> None:
        self.closed += 1


class Tried:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(tested, "monotonic", lambda: self.now)
        monkeypatch.setattr(tested, "RETRY_S", 0.0)
        self.registry = CollectorRegistry()
        self.exchange = FakeExchange()
        made: Any = self.exchange
        self.probe = Probe(made, Metrics(Process.PROBE, self.registry))

    def value(self, name: str) -> float | None:
        return self.registry.get_sample_value(name)


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Tried:
    caplog.set_level(logging.INFO)
    return Tried(monkeypatch)


async def test_an_answered_hello_moves_both_metrics_and_makes_ready(tried: Tried) -> None:
    assert tried.value("kpr_probe_last_success_timestamp_seconds") == 0
    assert tried.probe.against_ready() == "No hello has been answered yet."
    await tried.probe.step()
    assert tried.probe.against_ready() is None
    assert tried.value("kpr_probe_latency_seconds_count") == 1
    assert (tried.value("kpr_probe_last_success_timestamp_seconds") or 0) > 0


async def test_a_broker_that_is_away_is_logged_once_a_minute_and_at_its_return(
    tried: Tried, caplog: pytest.LogCaptureFixture
) -> None:
    tried.exchange.error = AWAY
    for _ in range(5):
        await tried.probe.step()
    assert tried.probe.against_ready() == AWAY.message
    assert tried.exchange.closed == 5
    tried.exchange.error = None
    await tried.probe.step()
    away, back = (record.getMessage() for record in caplog.records)
    assert away == f"{AWAY} The probe tries again."
    assert back.startswith("Kafka is back after")
    assert tried.probe.against_ready() is None, "the next hello did not follow at once"
    assert len(tried.exchange.sent) == 1


async def test_a_lane_without_a_worker_gets_one_hello_and_one_line(
    tried: Tried, caplog: pytest.LogCaptureFixture
) -> None:
    tried.exchange.answers = False
    for _ in range(100):
        await tried.probe.step()
        tried.now += 0.5
    assert len(tried.exchange.sent) == 1
    (line,) = (record.getMessage() for record in caplog.records)
    assert line.startswith("Lane 7 has not answered a hello for")
    assert "has waited" in (tried.probe.against_ready() or "")


async def test_a_position_that_is_gone_lets_the_hello_be_sent_again(
    tried: Tried, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried.exchange.answers = False
    await tried.probe.step()

    async def gone() -> list[dict[str, Any]]:
        raise OutsideLogError("The position lies outside the log.", what_to_do="Look.")

    with monkeypatch.context() as patched:
        patched.setattr(tried.exchange, "receipts", gone)
        await tried.probe.step()
    tried.exchange.answers = True
    await tried.probe.step()
    assert [(one.hello_id, one.attempt) for one in tried.exchange.sent] == [
        (tried.exchange.sent[0].hello_id, 1),
        (tried.exchange.sent[0].hello_id, 2),
    ]
    assert tried.probe.against_ready() is None


async def test_a_refused_hello_is_no_success(
    tried: Tried, caplog: pytest.LogCaptureFixture
) -> None:
    tried.exchange.status, tried.exchange.expected = "refused", 0
    await tried.probe.step()
    assert tried.value("kpr_probe_last_success_timestamp_seconds") == 0
    assert tried.value("kpr_probe_latency_seconds_count") == 0
    assert tried.probe.against_ready() == "The last hello was refused: INVALID_ORG_NR."
    assert "was refused: INVALID_ORG_NR" in caplog.text


async def test_a_unit_that_reports_ends_the_probe(tried: Tried) -> None:
    tried.exchange.expected = 12
    with pytest.raises(ConfigurationError, match=r"reports itself.*delivery 12"):
        await tried.probe.step()
