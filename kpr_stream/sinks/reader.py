"""Make the reader of a sink: all partitions of its topics, from the positions in the database.

No consumer group: the database alone knows which offset comes next.
"""

from __future__ import annotations

from typing import Final

from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.kafka.limits import PATIENT, ReadLimits
from kpr_stream.kafka.partition_reader import PartitionReader
from kpr_stream.model.topics import PARTITIONS_OF

FETCH_RECORDS: Final = 20_000
"""Records of a batch at most: bounds memory and how long a transaction takes."""
FETCH_BYTES_PER_PARTITION: Final = 2_000_000
"""With 64 partitions this bounds what waits in memory at 128 MB, and still fills a batch."""
POLL_MS: Final = 500
"""How long an idle sink waits before it looks at its other work; records end the wait at once."""
REQUEST_TIMEOUT_MS: Final = 10_000
"""A broker that does not answer within this time counts as down for now."""


def topic_reader(
    access: KafkaAccess,
    topics: tuple[str, ...],
    *,
    limits: ReadLimits = PATIENT,
) -> PartitionReader:
    """Return a reader of whole topics that is not connected yet."""
    return PartitionReader(
        access,
        {topic: PARTITIONS_OF[topic] for topic in topics},
        wait_ms=POLL_MS,
        patience_s=limits.patience_s,
        connect_s=limits.connect_s,
        answer_s=limits.answer_s,
        client_id=f"{access.username}-sink",
        max_poll_records=FETCH_RECORDS,
        max_partition_fetch_bytes=FETCH_BYTES_PER_PARTITION,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
    )
