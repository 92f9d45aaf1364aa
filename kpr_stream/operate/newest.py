"""Read what lanes have written: the newest record of every key of a compacted topic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.limits import IN_FRONT
from kpr_stream.kafka.read_topic import TopicRecord, read_all
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.schemas import wire


async def newest(
    access: KafkaAccess,
    topic: str,
    record: str,
    *,
    wanted: Callable[[TopicRecord], bool] = lambda _: True,
) -> list[dict[str, Any]]:
    """Return the newest value of every partition and key, decoded; deleted keys are left out.

    ``wanted`` looks at keys, before anything is decoded.
    """
    found: dict[tuple[int, bytes | None], bytes | None] = {}
    async for one in read_all(access, {topic: PARTITIONS}, limits=IN_FRONT):
        if wanted(one):
            found[one.partition, one.key] = one.value
    return [wire.decode(record, value) for value in found.values() if value is not None]
