"""Compare the topics of the cluster with the contract: missing ones, and other partitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.connect import ANSWER, CONNECT_S, diagnose_connection_failure, time_limit
from kpr_stream.kafka.environment import require_cluster
from kpr_stream.model.acls import Resource, acls
from kpr_stream.model.topics import PARTITIONS_OF


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicFault:
    """A topic that is not as the contract says; ``partitions`` is 0 if it is missing."""

    topic: str
    partitions: int
    expected: int

    @property
    def message(self) -> str:
        """Return what is wrong with it."""
        if not self.partitions:
            return f"{self.topic} is missing"
        return f"{self.topic} has {self.partitions} partitions instead of {self.expected}"


def visible_topics(login: str) -> dict[str, int]:
    """Return the topics that a login may see, with their partitions. The administrator sees all."""
    seen = {acl.name for acl in acls("") if acl.principal == login and _is_topic(acl.resource)}
    if not seen:
        return dict(PARTITIONS_OF)
    return {name: number for name, number in PARTITIONS_OF.items() if name in seen}


def compare(found: Mapping[str, int], expected: Mapping[str, int]) -> list[TopicFault]:
    """Return the topics that are missing or have other partitions."""
    return [
        TopicFault(topic=name, partitions=found.get(name, 0), expected=number)
        for name, number in expected.items()
        if found.get(name, 0) != number
    ]


async def topic_faults(access: KafkaAccess) -> list[TopicFault]:
    """Return the faults of all topics that this login may see.

    BrokerError if Kafka cannot be reached, EnvironmentMismatchError if it is of another
    environment.
    """
    expected = visible_topics(access.username)
    client = AIOKafkaClient(**access.for_aiokafka())
    try:
        async with time_limit(access, CONNECT_S, ANSWER):
            await client.bootstrap()
            await require_cluster(access, client)
            # All topics: asking for one by name could make it.
            metadata = await client.fetch_all_metadata()
    except (KafkaError, OSError) as cause:
        raise await diagnose_connection_failure(access, cause) from cause
    finally:
        await client.close()
    found = {name: len(metadata.partitions_for_topic(name) or ()) for name in expected}
    return compare(found, expected)


def _is_topic(resource: Resource) -> bool:
    return resource is Resource.TOPIC
