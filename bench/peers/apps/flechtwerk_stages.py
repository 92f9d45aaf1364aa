"""Flechtwerk: two stages with transactions, the second with state in RocksDB and a changelog.

Its state is one value for each state key, and a record has one state key. So the first stage takes
deliveries apart into a topic of items, and the second deduplicates them. Records are JSON in
Flechtwerk: Avro goes through its hook for values that it cannot read. It has no login by SASL of
its own: the arguments of its Kafka clients get one here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from flechtwerk import Flechtwerk, IncomingMessage, InvalidMessageError, Message, State, Transformer
from flechtwerk.attribute import BYTES, Attribute, Record

from bench.peers.apps.bare import INPUT, encoded, items_of
from bench.peers.apps.start import Start, ready

PARTITIONS = 8
DELIVERIES_A_POLL, ITEMS_A_POLL = 50, 5_000
"""More items share a transaction than by its default of 500 records, which was slower."""
DIGEST = Attribute("digest", BYTES)


class AvroStage(Transformer):  # type: ignore[misc] # not installed here
    """A stage that reads values as bytes."""

    def __init__(self, topic: str, output: str) -> None:
        self.input_topics = [topic]
        self._output = output
        self._values: dict[tuple[int, int], bytes] = {}

    def on_invalid_message(self, error: InvalidMessageError) -> Record | None:
        """Keep the bytes until the message comes; to Flechtwerk it is an empty record."""
        value = error.value
        if error.part != "value" or not isinstance(value, bytes):
            raise error
        self._values[error.partition, error.offset] = value
        return Record()

    def value_of(self, message: IncomingMessage) -> bytes:
        """Return the bytes of a message, once."""
        return self._values.pop((message.partition, message.offset))


class TakeApart(AvroStage):
    """Writes each item of a delivery as a message of its own."""

    begun = False

    async def transform(self, msg: IncomingMessage, state: State) -> AsyncIterator[Message | State]:
        """See Transformer."""
        del state
        if not self.begun:
            # Flechtwerk has no call for it: the first record comes as soon as it has its tasks.
            self.begun = True
            ready()
        for item in items_of(self.value_of(msg)):
            yield Message(key=item.key, topic=self._output, value=item.digest + encoded(item))


class Deduplicate(AvroStage):
    """Writes an item that its state does not have."""

    async def transform(self, msg: IncomingMessage, state: State) -> AsyncIterator[Message | State]:
        """See Transformer."""
        digest, value = taken_apart(self.value_of(msg))
        if state.get(DIGEST) != digest:
            yield State({DIGEST: digest})
            yield Message(key=msg.key, topic=self._output, value=value)


def taken_apart(data: bytes) -> tuple[bytes, bytes]:
    """Return digest and output record of an item's message."""
    return data[:32], data[32:]


def stage(start: Start, name: str, run: AvroStage, at_once: int) -> Flechtwerk:
    """Return a stage that is ready to run."""
    app: Any = Flechtwerk.of(
        application_id=f"{start.group}-{name}",
        bootstrap_servers=start.bootstrap,
        client_id=f"{start.group}-{name}-0",
        stage=run,
        max_poll_records=at_once,
    )
    app.kafka_client_kwargs = start.for_aiokafka()
    made: Flechtwerk = app
    return made


async def main(start: Start) -> None:
    """Run both stages until the process is ended."""
    between = f"{start.group}-items"
    admin = AIOKafkaAdminClient(**start.for_aiokafka())
    await admin.start()
    await admin.create_topics([NewTopic(between, PARTITIONS, 1)])
    await admin.close()
    async with asyncio.TaskGroup() as group:
        first = TakeApart(INPUT, between)
        second = Deduplicate(between, start.output)
        group.create_task(stage(start, "apart", first, DELIVERIES_A_POLL).run())
        group.create_task(stage(start, "state", second, ITEMS_A_POLL).run())


if __name__ == "__main__":
    asyncio.run(main(Start.from_environment()))
