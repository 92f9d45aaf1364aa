"""Ask a broker for topics by name: their ids and how many partitions they have.

A topic that is deleted and made again has another id. aiokafka speaks Metadata up to version 5,
which has no ids. Version 12 is declared here and sent over aiokafka's own connection, so that
login, encryption and errors are those of every other request (docs/adr/0150).
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Collection
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final, Protocol

from aiokafka.errors import KafkaConnectionError, KafkaError, for_code
from aiokafka.protocol.abstract import AbstractType
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

_ID_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class KnownTopic:
    """A topic as the broker has it now. ``id`` is written as Kafka's own tools write it."""

    id: str
    partitions: int


class Client(Protocol):
    """aiokafka's client."""

    def get_random_node(self) -> int | None: ...
    async def send(self, node_id: int, request: Any) -> Any: ...  # noqa: ANN401 - aiokafka's


async def known_topics(client: Client, names: Collection[str]) -> dict[str, KnownTopic]:
    """Return the topics of these names that exist.

    KafkaError for any other failure; TopicAuthorizationFailedError names the topic.
    """
    node = client.get_random_node()
    if node is None:
        raise KafkaConnectionError("no broker is known")
    answer = await client.send(node, MetadataRequest(names))
    return read_topics(answer)


def read_topics(answer: Any) -> dict[str, KnownTopic]:  # noqa: ANN401 - an aiokafka struct
    """Return the topics of an answer; KafkaError if a topic is neither there nor missing."""
    found: dict[str, KnownTopic] = {}
    for code, name, topic_id, _, partitions, *_ in answer.topics:
        error: type[KafkaError] = for_code(code)
        if code == 0:
            found[name] = KnownTopic(topic_id, len(partitions))
        elif error.__name__ != "UnknownTopicOrPartitionError":
            raise error(name)
    return found


class _Uuid(AbstractType[str]):  # type: ignore[misc]
    """Sixteen bytes; as text 22 characters of base64, like ``kafka-topics --describe``."""

    @classmethod
    def encode(cls, value: str) -> bytes:
        del value  # topics are asked for by name, never by id
        return bytes(_ID_BYTES)

    @classmethod
    def decode(cls, data: BytesIO) -> str:
        return urlsafe_b64encode(data.read(_ID_BYTES)).rstrip(b"=").decode()


_TEXT = CompactString("utf-8")
_NUMBERS = CompactArray(Int32)


class MetadataResponse_v12(Response):  # type: ignore[misc]  # noqa: N801 - aiokafka's way
    """Answer of version 12."""

    API_KEY = 3
    API_VERSION = 12
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", _TEXT),
                ("port", Int32),
                ("rack", _TEXT),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_id", _TEXT),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("topic", _TEXT),
                ("topic_id", _Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", _NUMBERS),
                        ("isr", _NUMBERS),
                        ("offline_replicas", _NUMBERS),
                        ("tags", TaggedFields),
                    ),
                ),
                ("authorized_operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class MetadataRequest_v12(RequestStruct):  # type: ignore[misc]  # noqa: N801 - aiokafka's way
    """Request of version 12."""

    FLEXIBLE_VERSION = True
    API_KEY = 3
    API_VERSION = 12
    RESPONSE_TYPE = MetadataResponse_v12
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(("topic_id", _Uuid), ("topic", _TEXT), ("tags", TaggedFields)),
        ),
        ("allow_auto_topic_creation", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class MetadataRequest(Request[MetadataRequest_v12]):  # type: ignore[misc]
    """Asks for topics by name, and creates none."""

    API_KEY = 3

    def __init__(self, names: Collection[str]) -> None:
        self._names = names

    def build(self, request_struct_class: type[MetadataRequest_v12]) -> MetadataRequest_v12:
        """Return the request as it is sent."""
        topics: list[tuple[str, str, dict[int, bytes]]] = [("", name, {}) for name in self._names]
        return request_struct_class(topics, False, False, {})  # noqa: FBT003 - aiokafka's order
