"""Why a client did not start: aiokafka says of a refused login only that nothing was reached."""

from __future__ import annotations

from collections.abc import Collection

from aiokafka import AIOKafkaConsumer
from aiokafka.client import AIOKafkaClient
from aiokafka.conn import create_conn
from aiokafka.errors import KafkaConnectionError, KafkaError, UnknownTopicOrPartitionError

from kpr_stream.errors import BrokerError
from kpr_stream.kafka.access import KafkaAccess

LOGIN_TIMEOUT_MS = 5000
"""One more connection, only to hear the reason; it must not add to the wait for long."""


async def diagnose_connection_failure(access: KafkaAccess, cause: BaseException) -> BrokerError:
    """A failed ``start()`` of a client, told; one more login tells refusal from silence."""
    if isinstance(cause, UnknownTopicOrPartitionError):
        return BrokerError(
            f"Kafka at {access.bootstrap} has no topics of KPR.",
            what_to_do="Check that this is the register's cluster (docs/operate/topics.md).",
        )
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
            told = access.failed(reason)
            if "login" in told.message:
                return told
        else:
            connection.close()
    return access.failed(cause)


async def check_topics(
    access: KafkaAccess, consumer: AIOKafkaConsumer, topics: Collection[str]
) -> None:
    """BrokerError where a topic is missing, or may not be read: aiokafka would ask for it again
    until its patience ends, and then say that nothing answers."""
    missing = set(topics) - await consumer.topics()
    if missing:
        raise BrokerError(
            f"Kafka at {access.bootstrap} has no topic {', '.join(sorted(missing))} "
            f"that {access.username} may read.",
            what_to_do="Create the topics and ACLs (docs/operate/topics.md).",
        )


async def reach(access: KafkaAccess) -> None:
    """Reach the broker once and log in; BrokerError says why not."""
    client = AIOKafkaClient(**access.for_aiokafka(), request_timeout_ms=LOGIN_TIMEOUT_MS)
    try:
        await client.bootstrap()
    except KafkaError as cause:
        raise await diagnose_connection_failure(access, cause) from None
    finally:
        await client.close()
