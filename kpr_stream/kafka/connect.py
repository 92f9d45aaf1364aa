"""Reach the broker, and find out why it cannot be reached.

aiokafka reports a refused login as a broker that was not reached.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import AIOKafkaConsumer
from aiokafka.client import AIOKafkaClient
from aiokafka.conn import create_conn
from aiokafka.errors import KafkaConnectionError, KafkaError

from kpr_stream.errors import BrokerError
from kpr_stream.kafka.access import KafkaAccess

LOGIN_TIMEOUT_MS: Final = 5000
"""For the one login that finds the reason; a longer one would add to the wait."""


async def diagnose_connection_failure(access: KafkaAccess, cause: BaseException) -> BrokerError:
    """Return the error of a client's failure; one more login separates refusal from silence."""
    if not isinstance(cause, KafkaConnectionError):
        return access.failed(cause)
    settings = access.for_aiokafka()
    for address in settings.pop("bootstrap_servers").split(","):
        host, _, port = address.rpartition(":")
        try:
            connection = await create_conn(
                host.strip("[]"), int(port), request_timeout_ms=LOGIN_TIMEOUT_MS, **settings
            )
        except (KafkaError, OSError, ValueError) as reason:
            error = access.failed(reason)
            if "login" in error.message:
                return error
        else:
            connection.close()
    return access.failed(cause)


async def require_topics(
    access: KafkaAccess, consumer: AIOKafkaConsumer, topics: Mapping[str, int]
) -> None:
    """Raise BrokerError if a topic is missing, may not be read, or has other partitions.

    ``topics`` are names with their numbers of partitions. Without this check aiokafka asks for a
    missing topic until its timeout, and reports that the broker does not answer.
    """
    client = consumer._client  # noqa: SLF001 - no public call asks for topics by name
    client.set_topics(topics)
    if not await client.force_metadata_update():
        raise KafkaConnectionError("no broker gave its metadata")
    for topic, expected in topics.items():
        partitions = consumer.partitions_for_topic(topic)
        if topic in client.cluster.unauthorized_topics:
            raise BrokerError(
                f"Kafka at {access.bootstrap} does not allow {access.username} to read {topic}.",
                what_to_do="Compare the cluster's ACLs with docs/operate/topics.md.",
            )
        if partitions is None:
            raise BrokerError(
                f"Kafka at {access.bootstrap} has no topic {topic}.",
                what_to_do="Create the topics, or check that this is the register's cluster "
                "(docs/operate/topics.md).",
            )
        if len(partitions) != expected:
            raise wrong_partition_count(access, topic, len(partitions), expected)


def wrong_partition_count(
    access: KafkaAccess, topic: str, found: int, expected: int
) -> BrokerError:
    """Return the error of a topic that has another number of partitions than the contract."""
    return BrokerError(
        f"Topic {topic} at {access.bootstrap} has {found} partitions; the contract says "
        f"{expected}.",
        what_to_do="Check that this is the register's cluster (docs/operate/topics.md).",
    )


@asynccontextmanager
async def time_limit(access: KafkaAccess, seconds: float | None, what: str) -> AsyncIterator[None]:
    """Raise BrokerError if what is inside takes longer: Kafka did not do ``what`` in time.

    Without ``seconds`` there is no limit.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise BrokerError(
            f"Kafka at {access.bootstrap} did not {what} within {seconds:g} s.",
            what_to_do="Check the broker's health and the network to it.",
        ) from None


async def reach(access: KafkaAccess) -> None:
    """Reach the broker once and log in; BrokerError says why that failed."""
    client = AIOKafkaClient(**access.for_aiokafka(), request_timeout_ms=LOGIN_TIMEOUT_MS)
    try:
        await client.bootstrap()
    except KafkaError as cause:
        raise await diagnose_connection_failure(access, cause) from None
    finally:
        await client.close()
