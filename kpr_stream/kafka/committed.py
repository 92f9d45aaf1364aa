"""Read the committed offsets of a consumer group, without joining it.

aiokafka's group coordinator breaks when its consumer is assigned twice, so an admin client reads
them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    KafkaError,
    NotCoordinatorForGroupError,
)
from aiokafka.structs import OffsetAndMetadata

from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.connect import diagnose_connection_failure, time_limit

COORDINATOR_MOVES: Final = (
    GroupCoordinatorNotAvailableError,
    NotCoordinatorForGroupError,
    GroupLoadInProgressError,
)
COORDINATOR_S: Final = 10.0
"""A group's coordinator moves within seconds of a broker's restart. aiokafka's admin client gives
up at once, and the caller would fail."""
COORDINATOR_RETRY_S: Final = 0.1


async def committed_offsets(
    access: KafkaAccess,
    group: str,
    partitions: Sequence[TopicPartition],
    *,
    client_id: str,
    within_s: float,
) -> dict[TopicPartition, OffsetAndMetadata]:
    """Return what the group has committed; a partition without a committed offset is left out."""
    admin = AIOKafkaAdminClient(**access.for_aiokafka(), client_id=client_id)
    try:
        async with time_limit(access, within_s, "say where the group has come to"):
            await admin.start()
            found = await _offsets(admin, group, partitions)
    except KafkaError as cause:
        raise await diagnose_connection_failure(access, cause) from None
    finally:
        await admin.close()
    return {p: at for p, at in found.items() if at.offset >= 0}


async def _offsets(
    admin: AIOKafkaAdminClient, group: str, partitions: Sequence[TopicPartition]
) -> Mapping[TopicPartition, Any]:
    limit = monotonic() + COORDINATOR_S
    while True:
        try:
            return await admin.list_consumer_group_offsets(group, partitions=partitions)  # type: ignore[no-any-return]
        except COORDINATOR_MOVES:
            if monotonic() > limit:
                raise
            await asyncio.sleep(COORDINATOR_RETRY_S)
