"""Append the records of a transaction to batches, one topic each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from aiokafka.producer.message_accumulator import BatchBuilder

Headers = Sequence[tuple[str, bytes]]


class Sendable(Protocol):
    """A record that a transaction writes."""

    @property
    def topic(self) -> str:
        """Its topic."""

    @property
    def key(self) -> bytes:
        """Its key."""

    @property
    def value(self) -> bytes | None:
        """Its value; None is a tombstone."""

    @property
    def timestamp(self) -> int:
        """Milliseconds since 1970."""


R = TypeVar("R", bound=Sendable)


class TopicBatch:
    """Records of one topic that are sent together."""

    def __init__(self, topic: str, builder: BatchBuilder) -> None:
        self.topic, self.builder = topic, builder
        self.future: asyncio.Future[Any] | None = None

    def takes(self, output: Sendable, headers: Headers) -> bool:
        """Add a record with these headers; return False if there is no room for it."""
        added = self.builder.append(
            timestamp=output.timestamp,
            key=output.key,
            value=output.value,
            headers=[*headers],
        )
        return added is not None

    def sent(self) -> asyncio.Future[Any]:
        """Return the future of the batch; AssertionError if it was not sent."""
        if self.future is None:
            raise AssertionError("a batch was not sent")
        return self.future


class Batched(NamedTuple):
    """The batches of a transaction, and where each of its records is."""

    batches: Sequence[TopicBatch]
    """In the order in which they are sent: those of one topic in the order of its records."""
    places: Sequence[tuple[TopicBatch, int]]
    """Batch of each record, and its index there."""


def in_batches(
    outputs: Sequence[R],
    headers: Callable[[R], Headers],
    new_builder: Callable[[], BatchBuilder],
) -> Batched:
    """Return the records in batches as large as ``new_builder`` makes them.

    One send for each record would cost twice as much as the rest of the transaction.
    """
    batches: list[TopicBatch] = []
    places: list[tuple[TopicBatch, int]] = []
    filling: dict[str, TopicBatch] = {}
    for output in outputs:
        batch, own = filling.get(output.topic), headers(output)
        if batch is None or not batch.takes(output, own):
            batch = filling[output.topic] = TopicBatch(output.topic, new_builder())
            batches.append(batch)
            # The first always fits: the broker refuses one that is too large.
            batch.takes(output, own)
        places.append((batch, batch.builder.record_count() - 1))
    return Batched(batches, places)
