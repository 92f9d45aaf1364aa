"""Refuse a cluster of another environment, before anything is read or sent."""

from __future__ import annotations

from typing import Final

from aiokafka.client import AIOKafkaClient

from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.model.environment import marked_as, require_environment

HOW_TO_MARK: Final = "mark_cluster (docs/operate/topics.md#mark-the-environment)"


async def require_cluster(access: KafkaAccess, client: AIOKafkaClient) -> None:
    """Raise EnvironmentMismatchError if the cluster is of another environment than this process.

    Asks for the list of topics: asking for one topic by name could make it on a cluster that makes
    topics automatically.
    """
    topics = (await client.fetch_all_metadata()).topics(exclude_internal_topics=False)
    require_environment(
        f"Kafka at {access.bootstrap}",
        marked_as(topics),
        access.environment,
        how_to_mark=HOW_TO_MARK,
    )
