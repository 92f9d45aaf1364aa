"""Turn what the pipeline writes into what a reader of its topics gets."""

from __future__ import annotations

from kpr_stream.kafka.read_topic import TopicRecord
from kpr_stream.model.header import HEADER_NAME
from kpr_stream.model.output import OutputRecord


def as_read(record: OutputRecord, lane: int) -> TopicRecord:
    """Return a written record as read from the topic's partition of a lane."""
    return TopicRecord(
        topic=record.topic,
        partition=lane,
        offset=0,
        key=record.key,
        value=record.value,
        headers=[(HEADER_NAME, record.header.pack())],
    )
