"""Mark a cluster as test or production, once, and refuse one of another environment."""

from __future__ import annotations

from typing import Any, Final

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from kpr_stream.embedded.kafka.provision import REQUEST_LIMIT_S, make_topics, refused, topic_names
from kpr_stream.errors import EnvironmentMismatchError
from kpr_stream.model.environment import Environment, mark_topic, marked_as, require_environment
from kpr_stream.model.topics import TOPICS, Topic

HOW_TO_MARK: Final = "mark_cluster with adopt=True (docs/operate/topics.md#mark-the-environment)"
PLACE: Final = "This Kafka cluster"


def mark_cluster(
    admin: AdminClient,
    environment: Environment,
    *,
    adopt: bool = False,
    replication_factor: int = 1,
) -> bool:
    """Mark a cluster unless it is marked; return whether it was marked now.

    EnvironmentMismatchError if it is of another environment, or in production if its topics have
    held records: they may be test data. ``adopt`` says that they are not.
    """
    names = topic_names(admin)
    if marked := marked_as(names):
        require_environment(PLACE, marked, environment, how_to_mark=HOW_TO_MARK)
        return False
    if environment is Environment.PRODUCTION and not adopt and _has_held_records(admin, names):
        raise EnvironmentMismatchError(
            f"{PLACE} holds records and is not marked as test or production, and this process "
            f"runs with KPR_ENVIRONMENT={environment}.",
            what_to_do=f"If these are the register's own records: {HOW_TO_MARK}. Test data must "
            "not be marked so.",
        )
    mark = Topic(mark_topic(environment), writers=(), readers=(), partitions=1)
    make_topics(admin, [mark], replication_factor=replication_factor)
    return True


def require_marked(
    admin: AdminClient, environment: Environment, *, limit_s: float = REQUEST_LIMIT_S
) -> None:
    """Raise EnvironmentMismatchError if the cluster is of another environment."""
    require_environment(
        PLACE,
        marked_as(topic_names(admin, limit_s=limit_s)),
        environment,
        how_to_mark=HOW_TO_MARK,
    )


def _has_held_records(admin: AdminClient, names: frozenset[str]) -> bool:
    ends: dict[TopicPartition, Any] = {
        TopicPartition(topic.name, partition): OffsetSpec.latest()  # type: ignore[no-untyped-call] # of confluent-kafka
        for topic in TOPICS
        if topic.name in names
        for partition in range(topic.partitions)
    }
    if not ends:
        return False
    try:
        asked = admin.list_offsets(ends, request_timeout=REQUEST_LIMIT_S)
        return any(future.result(REQUEST_LIMIT_S).offset > 0 for future in asked.values())
    except (KafkaException, TimeoutError) as cause:
        raise refused("say what its topics hold", cause) from None
