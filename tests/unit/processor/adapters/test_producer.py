"""A lane's producer: no step waits for ever, and no fence is taken for anything else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka.errors import (
    InvalidProducerEpoch,
    KafkaConnectionError,
    KafkaError,
    MessageSizeTooLargeError,
    PolicyViolationError,
    ProducerFenced,
    TopicAuthorizationFailedError,
)

from kpr_stream.errors import BrokerError, LaneFencedError, OutputRefusedError
from kpr_stream.model.header import LedgerHeader
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.topics import CONSULTATION, OUTPUT_TOPICS, TOPICS, UNIT
from kpr_stream.processor.adapters import producer as module
from kpr_stream.processor.adapters.producer import STEP_TIMEOUT_S, InFlight, LaneProducer
from kpr_stream.processor.adapters.tuning import FAUST, PRODUCER, values
from kpr_stream.processor.lanes.lane import IN_FLIGHT_S
from kpr_stream.processor.worker.watchdog import LANE_STUCK_S
from tests.support.no_broker import NO_BROKER
from tests.support.poll import HANGING_S

BROKERS_DEFAULT_BATCH = 1_048_588
OUTPUT = OutputRecord(UNIT, b"u", b"v", LedgerHeader(source_topic=0, source_offset=0), 1)

Step = Callable[[LaneProducer], Awaitable[Any]]


async def _never() -> None:
    await asyncio.Event().wait()


STEPS: Mapping[str, Step] = {
    "begin": lambda p: p.begin(),
    "produce": lambda p: p.produce([OUTPUT]),
    "check": lambda p: p.await_deliveries([InFlight(asyncio.ensure_future(_never()), 0, UNIT)]),
    "offsets": lambda p: p.add_offsets({}, "kpr-hst"),
    "commit": lambda p: p.commit(),
    "abort": lambda p: p.abort(),
}


class Client:
    """aiokafka's producer: whatever is asked, it never answers, or fails."""

    def __init__(self, fails: Exception | None = None) -> None:
        self._fails = fails
        self._txn_manager = None
        self._message_accumulator = SimpleNamespace(_batches={})

    def create_batch(self) -> Any:
        """One that takes whatever comes."""
        return SimpleNamespace(append=lambda **_: 0, record_count=lambda: 1)

    def __getattr__(self, _: str) -> Callable[..., Awaitable[None]]:
        async def answer(*_: Any, **__: Any) -> None:
            if self._fails is not None:
                raise self._fails
            await _never()

        return answer


def over(client: Client) -> LaneProducer:
    producer = LaneProducer(NO_BROKER, transactional_id="kpr-hst-3", lane=3)
    producer._producer = cast("Any", client)
    return producer


@pytest.mark.parametrize("step", STEPS)
async def test_no_step_waits_for_ever(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STEP_TIMEOUT_S", 0.01)
    with pytest.raises(BrokerError, match="did not answer lane 3"):
        await asyncio.wait_for(STEPS[step](over(Client())), HANGING_S)


@pytest.mark.parametrize("fence", [ProducerFenced, InvalidProducerEpoch])
@pytest.mark.parametrize("step", [step for step in STEPS if step != "check"])
async def test_a_fence_is_reported_as_one_at_every_step(step: str, fence: type[Exception]) -> None:
    with pytest.raises(LaneFencedError):
        await STEPS[step](over(Client(fence())))


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (MessageSizeTooLargeError, "max.message.bytes"),
        (TopicAuthorizationFailedError, "ACLs"),
        (PolicyViolationError, "settings of the topics"),
    ],
)
async def test_a_refused_batch_is_reported_with_its_topic(
    kind: type[KafkaError], says: str
) -> None:
    refused, taken = (asyncio.get_running_loop().create_future() for _ in range(2))
    taken.set_result(None)
    refused.set_exception(kind())
    sent = [InFlight(taken, 0, UNIT), InFlight(refused, 0, CONSULTATION)]
    with pytest.raises(OutputRefusedError, match=f"A batch for {CONSULTATION}, partition 3") as one:
        await over(Client()).await_deliveries(sent)
    assert says in one.value.what_to_do
    with pytest.raises(OutputRefusedError, match=f"A batch for {UNIT}, partition 3"):
        await over(Client(kind())).produce([OUTPUT])


async def test_a_producer_that_was_closed_can_do_nothing_more() -> None:
    producer = over(Client(KafkaConnectionError()))
    await producer.close()
    for step in ("begin", "produce", "offsets", "commit", "abort"):
        with pytest.raises(LaneFencedError):
            await STEPS[step](producer)


def test_who_waits_gives_up_before_who_waits_for_it() -> None:
    transaction_s = values(PRODUCER)["transaction_timeout_ms"] / 1000
    assert STEP_TIMEOUT_S < transaction_s < values(FAUST)["broker_rebalance_timeout"]
    assert IN_FLIGHT_S < STEP_TIMEOUT_S
    assert transaction_s < LANE_STUCK_S


def test_every_output_topic_takes_a_full_batch() -> None:
    limits = [
        int(topic.settings.get("max.message.bytes", BROKERS_DEFAULT_BATCH))
        for topic in TOPICS
        if topic.name in OUTPUT_TOPICS
    ]
    assert limits
    assert values(PRODUCER)["max_batch_size"] < min(limits)
    assert values(PRODUCER)["max_request_size"] < min(limits)
