"""The projector's rounds while no broker answers, and what a fence means beside another failure."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from kpr_stream.errors import BrokerError, LaneFencedError
from kpr_stream.metrics.instruments import Metrics
from kpr_stream.metrics.metric import Process
from kpr_stream.projector import run as tested
from kpr_stream.projector.partitions import Projections
from kpr_stream.projector.run import STARTING, Projector
from kpr_stream.reference import load_reference
from tests.support.no_broker import NO_BROKER


@pytest.fixture
def projector(monkeypatch: pytest.MonkeyPatch) -> Projector:
    monkeypatch.setattr(tested, "RETRY_S", 0.0)
    projections = Projections(NO_BROKER, load_reference(), now_ms=lambda: 0)
    return Projector(projections, NO_BROKER, Metrics(Process.PROJECTOR, CollectorRegistry()))


async def test_a_broker_that_is_away_is_waited_for_and_logged_once(
    projector: Projector, caplog: pytest.LogCaptureFixture
) -> None:
    assert projector.against_ready() == STARTING
    with caplog.at_level(logging.WARNING, tested.__name__):
        await projector.step()
        await projector.step()
    own = [one.getMessage() for one in caplog.records if one.name == tested.__name__]
    assert len(own) == 1
    assert "The projector tries again." in own[0]
    assert "127.0.0.1:1" in str(projector.against_ready())


async def test_a_run_that_is_to_end_does_not_wait_for_a_broker(projector: Projector) -> None:
    with pytest.raises(BrokerError):
        await projector.until_caught_up()
    await projector.close()


async def test_a_fence_counts_more_than_what_else_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening again after it would fence the other projector in turn."""
    projections = Projections(NO_BROKER, load_reference(), now_ms=lambda: 0)
    fenced = LaneFencedError("Projection 1 was taken over.", what_to_do="Nothing.")
    away = BrokerError("Kafka does not answer.", what_to_do="Wait.")

    class Reader:
        async def fetch(self) -> dict[Any, Any]:
            return {}

    class Held:
        day = -1

    class Partition:
        held = Held()

    async def carry(_: Any, partition: int, *__: Any) -> None:
        raise fenced if partition == 1 else away

    monkeypatch.setattr(projections, "_reader", Reader())
    monkeypatch.setattr(projections, "_carry", carry)
    projections.partitions = {0: Partition(), 1: Partition()}  # type: ignore[dict-item]
    with pytest.raises(LaneFencedError):
        await projections.round()
