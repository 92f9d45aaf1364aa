"""Read every committed record of the topics with librdkafka, a client that workers do not use."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import uuid4

from confluent_kafka import Consumer, KafkaError, TopicPartition

from tests.faults.harness.check import Written
from tests.support.poll import HANGING_S

PARTITIONS: Final = 8
HEADER_NAME: Final = "kpr-ledger"


def read_everything(access: Mapping[str, Any], topics: Iterable[str]) -> list[Written]:
    """Return all committed records up to the end of every log.

    AssertionError if an open transaction keeps the end out of reach for too long.
    """
    partitions = [TopicPartition(topic, n) for topic in topics for n in range(PARTITIONS)]
    consumer = Consumer(
        {
            **access,
            "group.id": f"fault-check-{uuid4()}",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
        }
    )
    try:
        ends = {
            (p.topic, p.partition): consumer.get_watermark_offsets(p, timeout=30)[1]
            for p in partitions
        }
        behind = {place for place, end in ends.items() if end > 0}
        consumer.assign([TopicPartition(t, n, 0) for t, n in behind])
        found: list[Written] = []
        ended: dict[Any, Any] = {}
        limit = time.monotonic() + HANGING_S
        while behind:
            assert time.monotonic() < limit, f"the end of {sorted(behind)} is not reached"
            for message in consumer.consume(500, timeout=1.0):
                place: Any = (message.topic(), message.partition())
                error = message.error()
                if error is None:
                    found.append(_written(message))
                elif error.code() != KafkaError._PARTITION_EOF:
                    raise AssertionError(str(error))
                else:
                    ended[place] = message.offset()
            behind = {place for place in behind if ended.get(place, 0) < ends[place]}
        return found
    finally:
        consumer.close()


def _written(message: Any) -> Written:
    headers = dict(message.headers() or ())
    return Written(
        topic=message.topic(),
        partition=message.partition(),
        offset=message.offset(),
        key=message.key(),
        value=message.value(),
        header=headers.get(HEADER_NAME),
    )
