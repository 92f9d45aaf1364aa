"""A standard client decodes our records with our schema registry."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import MessageField, SerializationContext
from fastavro.utils import generate_one

from kpr_stream.home import stack_address
from kpr_stream.model.topics import CONSULTATION, TOPICS, Topic
from kpr_stream.schemas import wire
from kpr_stream.schemas.catalogue import schema
from kpr_stream.schemas.subjects import RECORD_OF_TOPIC
from kpr_stream.settings import Settings


@pytest.fixture
def client(stack: Settings) -> Iterator[SchemaRegistryClient]:
    with SchemaRegistryClient({"url": stack_address(stack, "registry")}) as client:
        yield client


@pytest.mark.parametrize("topic", TOPICS, ids=lambda t: t.name)
def test_a_standard_deserializer_reads_every_record_of_every_topic(
    client: SchemaRegistryClient, topic: Topic
) -> None:
    record = RECORD_OF_TOPIC[topic.name]
    data = wire.encode(record, generate_one(schema(record).parsed))
    read = AvroDeserializer(client)(data, SerializationContext(topic.name, MessageField.VALUE))
    assert read == wire.decode(record, data)


def test_subjects_versions_and_lookup(client: SchemaRegistryClient) -> None:
    subject = f"{CONSULTATION}-value"
    assert sorted(client.get_subjects()) == sorted(f"{t.name}-value" for t in TOPICS)
    latest = client.get_latest_version(subject)
    assert latest.schema_id == schema("consultation").id
    assert client.get_versions(subject) == list(range(1, (latest.version or 0) + 1))
    found = client.lookup_schema(subject, Schema(schema("consultation").text, "AVRO"))
    assert found.schema_id == latest.schema_id


def test_errors_and_refused_registration(client: SchemaRegistryClient) -> None:
    with pytest.raises(SchemaRegistryError) as caught:
        client.get_latest_version("unknown-value")
    assert (caught.value.http_status_code, caught.value.error_code) == (404, 40401)
    with pytest.raises(SchemaRegistryError) as caught:
        client.register_schema("kpr.rights-value", Schema('"string"', "AVRO"))
    assert caught.value.http_status_code == 405
