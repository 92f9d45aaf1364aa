"""Write the transactions of one partition: aiokafka's producer with its traps closed.

aiokafka commits a transaction over failed sends, so every send future is kept and awaited before
the commit. After a failed batch the producer is replaced: its sequence numbers stay advanced.
A batch of an idempotent producer never expires, so every step has a time limit of its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Final, Generic, NamedTuple, TypeVar

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    InvalidProducerEpoch,
    InvalidTimestampError,
    InvalidTxnState,
    KafkaError,
    MessageSizeTooLargeError,
    PolicyViolationError,
    ProducerFenced,
    RecordListTooLargeError,
    RecordTooLargeError,
    TopicAuthorizationFailedError,
)
from aiokafka.structs import OffsetAndMetadata

from kpr_stream.errors import BrokerError, LaneFencedError, OutputRefusedError
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.model.delivery_facts import written_at
from kpr_stream.model.header import HEADER_NAME
from kpr_stream.model.output import OutputRecord
from kpr_stream.model.topics import RECEIPT_TOPICS
from kpr_stream.processor.adapters.batches import Headers, R, TopicBatch, in_batches
from kpr_stream.processor.adapters.tuning import PRODUCER, values

STEP_TIMEOUT_S: Final = 12.0
"""Shorter than the transaction, so that this process aborts a step that hangs, not the broker."""
FENCED: Final = (ProducerFenced, InvalidProducerEpoch)
REFUSALS: Final = (
    *(MessageSizeTooLargeError, RecordListTooLargeError, RecordTooLargeError),
    *(InvalidTimestampError, PolicyViolationError, TopicAuthorizationFailedError),
)
"""Answers of a healthy broker that takes no such record for a topic. Only a change of the topic's
settings or rights helps."""

IN_THREAD_RECORDS: Final = 100
"""From this many records on they are appended in a thread: on the event loop heartbeats and fetches
would wait for them. Fewer are appended before a thread has started."""

T = TypeVar("T")


def no_more_headers(_: OutputRecord) -> Headers:
    """Return no header beside the ledger header."""
    return ()


class InFlight(NamedTuple):
    """A record given to the producer: the future of its batch, and its index in the batch."""

    future: asyncio.Future[Any]
    place: int
    topic: str


class PartitionProducer(Generic[R]):
    """The producer of one partition: the same number on every topic that it writes."""

    what: ClassVar[str] = "partition"
    """What messages call the partition and its process."""
    process: ClassVar[str] = "process"
    after_fence: ClassVar[str] = "Run only one process."

    def __init__(self, access: KafkaAccess, *, transactional_id: str, lane: int) -> None:
        self._access = access
        self._transactional_id = transactional_id
        self._lane = lane
        self._producer: AIOKafkaProducer | None = None
        self.notes: Mapping[str, str] = {}
        """What committed offsets say of their topic, by topic."""

    def _headers(self, record: R) -> Headers:
        """Return the headers of a record."""
        del record
        return ()

    async def fence(self) -> None:
        """Start: fence every earlier owner of the lane and end its open transaction."""
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

    async def produce(self, outputs: Sequence[R]) -> list[InFlight]:
        """Send every record, in batches of a topic; the futures say whether the broker has them."""
        batches: list[TopicBatch] = []
        try:
            sent = await self._within(self._hand_over(outputs, batches))
        except Exception:
            # Awaited here: asyncio would log the error of each one as never retrieved.
            futures = [batch.future for batch in batches if batch.future is not None]
            asyncio.gather(*futures, return_exceptions=True)
            raise
        return sent

    async def _hand_over(self, outputs: Sequence[R], batches: list[TopicBatch]) -> list[InFlight]:
        producer = self._started()
        work = partial(in_batches, outputs, self._headers, producer.create_batch)
        threaded = len(outputs) >= IN_THREAD_RECORDS
        batched = await asyncio.to_thread(work) if threaded else work()
        batches.extend(batched.batches)
        for batch in batched.batches:
            await self._send(producer, batch)
        return [InFlight(batch.sent(), place, batch.topic) for batch, place in batched.places]

    async def _send(self, producer: AIOKafkaProducer, batch: TopicBatch) -> None:
        try:
            batch.future = await producer.send_batch(
                batch.builder, batch.topic, partition=self._lane
            )
        except REFUSALS as cause:
            raise self._refused(batch.topic, cause) from cause

    async def await_deliveries(self, sent: Sequence[InFlight]) -> list[int]:
        """Await every future; return the offsets in order. One failure fails all.

        OutputRefusedError names the topic for which Kafka takes no such record.
        """
        try:
            await self._within(asyncio.gather(*{one.future for one in sent}))
        except REFUSALS as cause:
            of = (one.topic for one in sent if one.future.done() and _failure(one) is cause)
            raise self._refused(next(of), cause) from cause
        return [one.future.result().offset + one.place for one in sent]

    async def add_offsets(self, offsets: Mapping[TopicPartition, int], group: str) -> None:
        """Make the source offsets part of the transaction."""
        noted = {
            p: OffsetAndMetadata(offset, self.notes.get(p.topic, ""))
            for p, offset in offsets.items()
        }
        await self._within(self._started().send_offsets_to_transaction(noted, group))

    async def commit_offsets(self, offsets: Mapping[TopicPartition, int], group: str) -> None:
        """Commit offsets with their notes in a transaction of their own, before the lane serves."""
        await self.begin()
        await self.add_offsets(offsets, group)
        await self.commit()

    async def commit(self) -> None:
        """Commit. After an error the outcome is unknown, so the process ends."""
        await self._within(self._started().commit_transaction())

    async def abort(self) -> None:
        """Abort the open transaction."""
        await self._within(self._started().abort_transaction())

    async def close(self) -> None:
        """Stop without waiting for records that cannot be delivered."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        try:
            await asyncio.wait_for(producer.stop(), STEP_TIMEOUT_S)
        except (KafkaError, TimeoutError):
            pass  # its unsent records belong to no committed transaction
        finally:
            _retrieve_errors(producer)

    def _refused(self, topic: str, cause: KafkaError) -> OutputRefusedError:
        error = self._access.failed(cause)
        return OutputRefusedError(
            f"A batch for {topic}, partition {self._lane}, was refused: {error.message}",
            what_to_do=f"{error.what_to_do} The {self.what} tries again until the batch is taken; "
            f"no other {self.what} waits.",
        )

    def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            raise LaneFencedError(
                f"{self._name} has no producer: it was closed.",
                what_to_do=f"Nothing: the next owner of the {self.what} serves it.",
            )
        return self._producer

    async def _within(self, step: Awaitable[T]) -> T:
        try:
            return await asyncio.wait_for(step, STEP_TIMEOUT_S)
        except Exception as cause:
            # Any other failure may be retried. Retrying here would fence the lane's new owner.
            if isinstance(cause, FENCED) or _was_fenced(self._producer):
                raise LaneFencedError(
                    f"{self._name} was taken over by another {self.process}.",
                    what_to_do=self.after_fence,
                ) from None
            if isinstance(cause, TimeoutError):
                raise BrokerError(
                    f"Kafka at {self._access.bootstrap} did not answer {self.what} {self._lane} "
                    f"within {STEP_TIMEOUT_S:.0f} s.",
                    what_to_do="Check the broker's health and the network to it.",
                ) from None
            if isinstance(cause, InvalidTxnState):
                raise self._access.failed(cause) from cause
            raise

    @property
    def _name(self) -> str:
        return f"{self.what.capitalize()} {self._lane}"


def _was_fenced(producer: AIOKafkaProducer | None) -> bool:
    """Return whether aiokafka met a fence in the background.

    aiokafka then refuses the next call as an illegal operation, or fails an assertion, and
    gives the reason only here.
    """
    manager = producer._txn_manager if producer is not None else None  # noqa: SLF001
    if manager is None or not manager.is_fatal_error():
        return False
    ended = manager.wait_for_transaction_end()
    return ended.done() and isinstance(ended.exception(), FENCED)


def _retrieve_errors(producer: AIOKafkaProducer) -> None:
    """Retrieve what a fence left in aiokafka's own futures, which no caller can await.

    asyncio would log each one with a traceback, as an error that was never retrieved.
    """
    accumulator = producer._message_accumulator  # noqa: SLF001
    waiters = [batch._drain_waiter for of in accumulator._batches.values() for batch in of]  # noqa: SLF001
    manager = producer._txn_manager  # noqa: SLF001
    if manager is not None and manager.is_fatal_error():
        waiters.append(manager.wait_for_transaction_end())
    for waiter in waiters:
        if waiter.done() and not waiter.cancelled():
            waiter.exception()


class LaneProducer(PartitionProducer[OutputRecord]):
    """One lane's producer; partition = lane on every output topic."""

    what = "lane"
    process = "worker"
    after_fence = "Nothing: this worker ends and joins again."

    def __init__(
        self,
        access: KafkaAccess,
        *,
        transactional_id: str,
        lane: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``clock`` gives seconds since 1970, for the time on receipts."""
        super().__init__(access, transactional_id=transactional_id, lane=lane)
        self._clock = clock
        self.more_headers: Callable[[OutputRecord], Headers] = no_more_headers
        """What each record of the next transaction gets beside its ledger header."""

    def _headers(self, record: OutputRecord) -> Headers:
        """Return the ledger header, and what else the record carries."""
        more = self.more_headers(record)
        if record.topic in RECEIPT_TOPICS:
            more = (self._stamp, *more)
        return ((HEADER_NAME, record.header.pack()), *record.headers, *more)

    async def _hand_over(
        self, outputs: Sequence[OutputRecord], batches: list[TopicBatch]
    ) -> list[InFlight]:
        # One time for all receipts of a transaction.
        self._stamp = written_at(round(self._clock() * 1000))
        return await super()._hand_over(outputs, batches)


def _failure(one: InFlight) -> BaseException | None:
    return None if one.future.cancelled() else one.future.exception()
