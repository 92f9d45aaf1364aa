"""Ids and numbers of partitions, as a broker gives them."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from io import BytesIO

import pytest
from aiokafka.errors import KafkaConnectionError, TopicAuthorizationFailedError

from kpr_stream.kafka.topic_ids import (
    KnownTopic,
    MetadataRequest,
    MetadataRequest_v12,
    MetadataResponse_v12,
    known_topics,
    read_topics,
)

ID = "rt2zICjRRxu5lGtok46dnA"


def topic(code: int, name: str, topic_id: str = ID, partitions: int = 0) -> bytes:
    """Encode one topic of an answer, as Kafka's protocol guide lays it out."""
    one = b"\x00\x00" + bytes(12) + 3 * b"\x01" + b"\x00"
    return (
        code.to_bytes(2, "big")
        + bytes((len(name) + 1,))
        + name.encode()
        + urlsafe_b64decode(topic_id + "==")
        + b"\x00"
        + bytes((partitions + 1,))
        + partitions * one
        + bytes(4)
        + b"\x00"
    )


def answer(*topics: bytes) -> MetadataResponse_v12:
    head = bytes(4) + b"\x01" + b"\x00" + bytes(4)
    data = BytesIO(head + bytes((len(topics) + 1,)) + b"".join(topics) + b"\x00")
    found: MetadataResponse_v12 = MetadataResponse_v12.decode(data)
    assert data.read() == b""
    return found


def test_ids_are_read_as_kafkas_tools_write_them() -> None:
    found = read_topics(answer(topic(0, "a", partitions=8), topic(0, "b", 22 * "A", 9)))
    assert found == {"a": KnownTopic(ID, 8), "b": KnownTopic(22 * "A", 9)}


def test_a_missing_topic_is_left_out_and_any_other_failure_raised() -> None:
    assert read_topics(answer(topic(3, "gone"), topic(0, "a"))).keys() == {"a"}
    with pytest.raises(TopicAuthorizationFailedError, match="secret-topic"):
        read_topics(answer(topic(29, "secret-topic")))


def test_the_request_names_topics_and_creates_none() -> None:
    sent = MetadataRequest(["ab"]).prepare({3: (0, 13)}).encode()
    assert sent == b"\x02" + bytes(16) + b"\x03ab" + b"\x00" + b"\x00" + b"\x00" + b"\x00"
    assert MetadataRequest_v12.API_VERSION == 12


async def test_without_a_broker_nothing_is_asked() -> None:
    class Nobody:
        def get_random_node(self) -> None:
            return None

        async def send(self, node_id: int, request: object) -> object:
            raise AssertionError((node_id, request))

    with pytest.raises(KafkaConnectionError):
        await known_topics(Nobody(), ["a"])
