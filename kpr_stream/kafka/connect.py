"""Reach the broker, and find out why it cannot be reached.

aiokafka reports a refused login as a broker that was not reached.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import AIOKafkaConsumer
from aiokafka.client import AIOKafkaClient
from aiokafka.conn import create_conn
from aiokafka.errors import KafkaConnectionError, KafkaError

from kpr_stream.errors import BrokerError, TopicChangedError
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.environment import require_cluster
from kpr_stream.kafka.failures import ACLS, is_unreachable

log = logging.getLogger(__name__)

CONNECT_S: Final = 8.0
"""For a connection and what is asked first. A frozen broker accepts connections and never answers;
aiokafka would wait 40 s, and an operator would take the command for the one that hangs."""
REACH_S: Final = 5.0
"""The same for a worker's first connection: it has loaded for some seconds before."""
ANSWER: Final = "answer a new connection"
"""What a broker did not do that accepts a connection and stays silent: see ``time_limit``."""
REPORT_S: Final = 3.0
"""A longer wait is reported after this time, not only when it has failed."""
LOGIN_S: Final = 3.0
"""For the logins that find a failure's reason, all addresses together: they add to the wait."""


async def diagnose_connection_failure(access: KafkaAccess, cause: BaseException) -> BrokerError:
    """Return the error of a client's failure; one more login separates refusal from silence."""
    if not isinstance(cause, KafkaConnectionError):
        return access.failed(cause)
    try:
        async with asyncio.timeout(LOGIN_S):
            return await _refused_login(access) or access.failed(cause)
    except TimeoutError:
        return access.failed(cause)


async def _refused_login(access: KafkaAccess) -> BrokerError | None:
    settings = access.for_aiokafka()
    for address in settings.pop("bootstrap_servers").split(","):
        host, _, port = address.rpartition(":")
        try:
            connection = await create_conn(host.strip("[]"), int(port), **settings)
        except (KafkaError, OSError, ValueError) as reason:
            if not is_unreachable(reason):
                return access.failed(reason)
        else:
            connection.close()
    return None


async def require_topics(
    access: KafkaAccess, consumer: AIOKafkaConsumer, topics: Mapping[str, int]
) -> None:
    """Raise BrokerError if a topic is missing, may not be read, or has other partitions.

    EnvironmentMismatchError if the cluster is of another environment than this process.

    ``topics`` are names with their numbers of partitions. Without this check aiokafka asks for a
    missing topic until its timeout, and reports that the broker does not answer.
    """
    client = consumer._client  # noqa: SLF001 - no public call asks for topics by name
    await require_cluster(access, client)
    client.set_topics(topics)
    if not await client.force_metadata_update():
        raise KafkaConnectionError("no broker gave its metadata")
    for topic, expected in topics.items():
        partitions = consumer.partitions_for_topic(topic)
        if topic in client.cluster.unauthorized_topics:
            raise BrokerError(
                f"Kafka at {access.bootstrap} does not allow {access.username} to read {topic}.",
                what_to_do=ACLS,
            )
        found = None if partitions is None else len(partitions)
        require_partition_count(access, topic, found, expected)


def require_partition_count(
    access: KafkaAccess, topic: str, found: int | None, expected: int
) -> None:
    """Raise BrokerError for a missing topic, TopicChangedError for other partitions."""
    if found is None:
        raise _no_topic(access, topic)
    if found != expected:
        raise _wrong_partition_count(access, topic, found, expected)


def _no_topic(access: KafkaAccess, topic: str) -> BrokerError:
    return BrokerError(
        f"Kafka at {access.bootstrap} has no topic {topic}.",
        what_to_do="Create the topics, or check that this is the register's cluster "
        "(docs/operate/topics.md).",
    )


def _wrong_partition_count(
    access: KafkaAccess, topic: str, found: int, expected: int
) -> TopicChangedError:
    added = f" {found - expected} were added." if found > expected else ""
    return TopicChangedError(
        f"Topic {topic} at {access.bootstrap} has {found} partitions; the contract says "
        f"{expected}.{added} Units would move between lanes.",
        what_to_do="If this is the register's cluster, make the topic again with "
        f"{expected} partitions (docs/operate/topics.md#added-partitions).",
    )


@asynccontextmanager
async def time_limit(access: KafkaAccess, seconds: float, what: str) -> AsyncIterator[None]:
    """Raise BrokerError if what is inside takes longer: Kafka did not do ``what`` in time.

    A long wait is reported in the log before it has failed.
    """
    report = asyncio.get_running_loop().call_later(REPORT_S, _report, access, seconds, what)
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise BrokerError(
            f"Kafka at {access.bootstrap} did not {what} within {seconds:.0f} s.",
            what_to_do="Check the broker's health and the network to it.",
        ) from None
    finally:
        report.cancel()


def _report(access: KafkaAccess, seconds: float, what: str) -> None:
    log.warning(
        "Kafka at %s did not %s within %.0f s; it gets %.0f s in all.",
        *(access.bootstrap, what, REPORT_S, seconds),
    )


async def reach(access: KafkaAccess) -> None:
    """Reach the broker once and log in; BrokerError says why that failed.

    EnvironmentMismatchError if the cluster is of another environment than this process.
    """
    client = AIOKafkaClient(**access.for_aiokafka())
    try:
        async with time_limit(access, REACH_S, ANSWER):
            try:
                await client.bootstrap()
                await require_cluster(access, client)
            except KafkaError as cause:
                raise await diagnose_connection_failure(access, cause) from None
    finally:
        await client.close()
