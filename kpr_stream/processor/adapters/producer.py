"""A lane's transactional producer: aiokafka with its traps closed.

aiokafka commits a transaction over failed sends, so every send future is kept and awaited before
the commit. After a failed batch the producer is thrown away: its sequence numbers stay advanced.
A batch of an idempotent producer never expires, so every step has a time limit of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    InvalidProducerEpoch,
    InvalidTxnState,
    KafkaError,
    ProducerFenced,
)
from aiokafka.producer.message_accumulator import BatchBuilder

from kpr_stream.errors import BrokerError, LaneFencedError
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.model.header import HEADER_NAME
from kpr_stream.model.output import OutputRecord
from kpr_stream.processor.adapters.tuning import PRODUCER, values

STEP_TIMEOUT_S: Final = 12.0
"""Shorter than the transaction: a step that hangs becomes an abort of ours, not the broker's."""
FENCED: Final = (ProducerFenced, InvalidProducerEpoch)

T = TypeVar("T")


class Sent(NamedTuple):
    """A record that was handed over: the future of its batch, and its place in it."""

    future: asyncio.Future[Any]
    place: int


class _Batch:
    """Records of one topic that go to the broker together."""

    def __init__(self, topic: str, builder: BatchBuilder) -> None:
        self.topic, self.builder = topic, builder
        self.future: asyncio.Future[Any] | None = None

    def takes(self, output: OutputRecord) -> bool:
        """Add a record; False if there is no room for it."""
        added = self.builder.append(
            timestamp=output.timestamp,
            key=output.key,
            value=output.value,
            headers=[(HEADER_NAME, output.header.pack())],
        )
        return added is not None

    def sent(self) -> asyncio.Future[Any]:
        """The future of what was sent."""
        if self.future is None:
            raise AssertionError("a batch was not sent")
        return self.future


class LaneProducer:
    """One lane's producer; partition = lane on every output topic."""

    def __init__(self, access: KafkaAccess, *, transactional_id: str, lane: int) -> None:
        self._access = access
        self._transactional_id = transactional_id
        self._lane = lane
        self._producer: AIOKafkaProducer | None = None

    async def fence(self) -> None:
        """Start: every earlier owner of the lane is fenced, its open transaction ended."""
        producer = AIOKafkaProducer(
            **self._access.for_aiokafka(),
            client_id=f"{self._transactional_id}-producer",
            transactional_id=self._transactional_id,
            **values(PRODUCER),
        )
        self._producer = producer
        await self._within(producer.start())

    async def begin(self) -> None:
        """Open a transaction."""
        await self._within(self._started().begin_transaction())

    async def produce(self, outputs: Sequence[OutputRecord]) -> list[Sent]:
        """Hand every record over, in batches of a topic; the futures tell whether the broker has
        them."""
        batches: list[_Batch] = []
        try:
            sent = await self._within(self._hand_over(outputs, batches))
        except Exception:
            # Nobody awaits these any more: asyncio would log each of them as never retrieved.
            futures = [batch.future for batch in batches if batch.future is not None]
            asyncio.gather(*futures, return_exceptions=True)
            raise
        return sent

    async def _hand_over(
        self, outputs: Sequence[OutputRecord], batches: list[_Batch]
    ) -> list[Sent]:
        # A send for each record would cost twice what all the rest of a transaction does.
        producer = self._started()
        open_batches: dict[str, _Batch] = {}
        places: list[tuple[_Batch, int]] = []
        for output in outputs:
            batch = open_batches.get(output.topic)
            if batch is None or not batch.takes(output):
                if batch is not None:
                    await self._send(producer, batch)
                batch = open_batches[output.topic] = _Batch(output.topic, producer.create_batch())
                batches.append(batch)
                batch.takes(output)  # the first one always: the broker refuses what is too large
            places.append((batch, batch.builder.record_count() - 1))
        for batch in open_batches.values():
            await self._send(producer, batch)
        return [Sent(batch.sent(), place) for batch, place in places]

    async def _send(self, producer: AIOKafkaProducer, batch: _Batch) -> None:
        batch.future = await producer.send_batch(batch.builder, batch.topic, partition=self._lane)

    async def await_deliveries(self, sent: Sequence[Sent]) -> list[int]:
        """Await every future; the offsets in order. One failure fails all."""
        await self._within(asyncio.gather(*{one.future for one in sent}))
        return [one.future.result().offset + one.place for one in sent]

    async def add_offsets(self, offsets: Mapping[TopicPartition, int], group: str) -> None:
        """Make the source offsets part of the transaction."""
        await self._within(self._started().send_offsets_to_transaction(dict(offsets), group))

    async def commit(self) -> None:
        """Commit. Any error after this call means: nobody knows, so the process ends."""
        await self._within(self._started().commit_transaction())

    async def abort(self) -> None:
        """Abort what is open."""
        await self._within(self._started().abort_transaction())

    async def close(self) -> None:
        """Stop without waiting for what cannot be delivered."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        try:
            await asyncio.wait_for(producer.stop(), STEP_TIMEOUT_S)
        except (KafkaError, TimeoutError):
            return  # what it still had belongs to no committed transaction

    def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            raise LaneFencedError(
                f"Lane {self._lane} has no producer: it was closed.",
                what_to_do="Nothing: the next owner of the lane goes on.",
            )
        return self._producer

    async def _within(self, step: Awaitable[T]) -> T:
        try:
            return await asyncio.wait_for(step, STEP_TIMEOUT_S)
        except Exception as cause:
            # Any other failure may be tried again, which would fence the owner that fenced us.
            if isinstance(cause, FENCED) or self._was_fenced():
                raise LaneFencedError(
                    f"Lane {self._lane} was taken over by another worker.",
                    what_to_do="Nothing: this worker ends and joins again.",
                ) from None
            if isinstance(cause, TimeoutError):
                raise BrokerError(
                    f"Kafka at {self._access.bootstrap} did not answer lane {self._lane} "
                    f"within {STEP_TIMEOUT_S:.0f} s.",
                    what_to_do="Check the broker's health and the network to it.",
                ) from None
            if isinstance(cause, InvalidTxnState):
                raise self._access.failed(cause) from cause
            raise

    def _was_fenced(self) -> bool:
        """Whether a fence was met in the background: aiokafka then refuses whatever comes next
        as an illegal operation, or fails an assertion, and says why nowhere else."""
        manager = self._producer._txn_manager if self._producer is not None else None  # noqa: SLF001
        if manager is None or not manager.is_fatal_error():
            return False
        ended = manager.wait_for_transaction_end()
        return ended.done() and isinstance(ended.exception(), FENCED)
