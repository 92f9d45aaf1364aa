"""Send hellos and deliveries to the system's topic: each unit in order, many units at once.

The producer is idempotent with acks=all and keeps the order of a partition. A send counts when the
broker has acknowledged it. Records have no headers but that of a trace, where traces are on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from kpr_stream.connectors.delivery import pack, seal
from kpr_stream.connectors.exchange import client as broker
from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.outbox.protocol import UnitStatus
from kpr_stream.connectors.outbox.records import Hello
from kpr_stream.errors import BrokerError
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.close import close_producer
from kpr_stream.kafka.connect import (
    ANSWER,
    CONNECT_S,
    diagnose_connection_failure,
    require_partition_count,
    time_limit,
)
from kpr_stream.keys.keyring import PublicKey
from kpr_stream.model.partition import partition_of
from kpr_stream.model.topics import (
    MAX_DELIVERY_BYTES,
    PARTITIONS,
    delivery_topic,
    receipt_topic,
)
from kpr_stream.model.words import MessageType, Refusal, System
from kpr_stream.traces import context
from kpr_stream.traces.spans import NO_TRACES, Span, Traces

BYTES_IN_FLIGHT = 4_000_000
"""Sent and without a receipt, at most, in all units: bounds the memory of connector and receiver,
and what is sent twice after a crash."""

ACKNOWLEDGE_WITHIN_S = 60.0
"""aiokafka's idempotent producer retries without end; a dead broker must become an error."""

MAX_RECORD_BYTES = MAX_DELIVERY_BYTES - 1_000
"""Largest record that is sent. Kafka's limit counts its own headers of a batch too."""

HELLO_SEQUENCE = 0
SENT: Final = "delivery sent"
"""The span from a record's handing over to the broker's confirmation."""


@dataclass(slots=True)
class Publisher:
    """Sends for one system. ``key`` encrypts hellos too: nothing is sent in clear."""

    system: System
    access: KafkaAccess
    key: PublicKey
    producer: AIOKafkaProducer
    traces: Traces = NO_TRACES

    async def start(self) -> None:
        """Connect; BrokerError says why that failed."""
        try:
            async with time_limit(self.access, CONNECT_S, ANSWER):
                await self._connect()
        except BrokerError:
            await close_producer(self.producer)
            raise
        except (KafkaError, OSError, TimeoutError) as cause:
            await close_producer(self.producer)
            raise await diagnose_connection_failure(self.access, cause) from cause

    async def _connect(self) -> None:
        await self.producer.start()
        for topic in (delivery_topic(self.system), receipt_topic(self.system)):
            # Asked for by name: aiokafka reports a missing right here, and nowhere else.
            found = await self.producer.partitions_for(topic)
            require_partition_count(self.access, topic, len(found), PARTITIONS)

    async def stop(self) -> None:
        """Close the connection. What was not acknowledged stays in the outbox."""
        await close_producer(self.producer)

    async def send_ready(self, outbox: Outbox, *, window: int) -> int:
        """Send what may be sent now; return how many deliveries that were.

        A delivery that is too large for the topic holds its own unit, and stops no other.
        """
        ready = outbox.take_ready(
            window=window, max_bytes=BYTES_IN_FLIGHT, most_in_flight=BYTES_IN_FLIGHT
        )
        records = [(one.org_nr, seal.with_attempt(one.record, one.attempt)) for one in ready]
        large = {org_nr for org_nr, value in records if len(value) > MAX_RECORD_BYTES}
        sent = [one for one in records if one[0] not in large]
        large |= await self._send(sent)
        for org_nr in large:
            with outbox.changing():
                outbox.hold_unit(org_nr, UnitStatus.BLOCKED, Refusal.TOO_LARGE)
        return len(sent)

    async def send_hellos(self, hellos: Iterable[Hello]) -> None:
        """Ask the receiver at which sequence units resume."""
        now = datetime.now(UTC)
        await self._send((one.org_nr, self._hello(one, now)) for one in hellos)

    def _hello(self, hello: Hello, now: datetime) -> bytes:
        heading = seal.DeliveryHeader(
            system=self.system,
            software_version="hello",
            message_type=MessageType.HELLO,
            contract_version=pack.contract_version(MessageType.CONSULTATION),
            municipality_code=hello.municipality_code,
            district_code=None,
            period_from=now.date(),
            period_to=now.date(),
            extracted_at=int(now.timestamp() * 1000),
        )
        record = seal.seal_delivery(
            seal.EMPTY,
            heading,
            org_nr=hello.org_nr,
            sequence=HELLO_SEQUENCE,
            delivery_id=hello.hello_id,
            key=self.key,
        )
        return seal.with_attempt(record, hello.attempt)

    async def _send(self, records: Iterable[tuple[str, bytes]]) -> set[str]:
        """Send records; return the units of those that the broker refuses for their size."""
        topic = delivery_topic(self.system)
        refused: set[str] = set()
        waiting: list[tuple[str, Awaitable[object]]] = []
        spans: list[Span] = []
        try:
            async with time_limit(self.access, ACKNOWLEDGE_WITHIN_S, "confirm what was sent"):
                for org_nr, value in records:
                    span = self.traces.begin(SENT, attributes={"kpr.system": self.system.value})
                    try:
                        sent = await self.producer.send(
                            topic,
                            value,
                            key=org_nr.encode(),
                            partition=partition_of(org_nr),
                            headers=context.headers_for(span.traceparent),
                        )
                    except MessageSizeTooLargeError:
                        refused.add(org_nr)
                    else:
                        waiting.append((org_nr, sent))
                        spans.append(span)
                answers = await asyncio.gather(
                    *(sent for _, sent in waiting), return_exceptions=True
                )
        except (KafkaError, OSError, TimeoutError) as cause:
            raise await diagnose_connection_failure(self.access, cause) from cause
        for (org_nr, _), span, answer in zip(waiting, spans, answers, strict=True):
            if isinstance(answer, MessageSizeTooLargeError):
                refused.add(org_nr)
            elif isinstance(answer, (KafkaError, OSError, TimeoutError)):
                raise await diagnose_connection_failure(self.access, answer) from answer
            elif isinstance(answer, BaseException):
                raise answer
            else:
                span.end()
        return refused


def new_publisher(
    system: System, access: KafkaAccess, key: PublicKey, traces: Traces = NO_TRACES
) -> Publisher:
    """Return a publisher that is not connected yet. Needs a running event loop."""
    producer = AIOKafkaProducer(
        **access.for_aiokafka(),
        client_id=broker.CLIENT_ID,
        acks="all",
        enable_idempotence=True,
        max_request_size=MAX_DELIVERY_BYTES,
        request_timeout_ms=broker.REQUEST_TIMEOUT_MS,
    )
    return Publisher(system, access, key, producer, traces)
