"""Real logins against a real broker: who may do what, and nobody more."""

from __future__ import annotations

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import OffsetAndMetadata
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from pydantic import SecretStr

from kpr_stream.embedded.kafka.provision import admin_client, make_acls
from kpr_stream.kafka.access import kafka_access
from kpr_stream.model.acls import WITHDRAWN, acls
from kpr_stream.model.topics import (
    ANALYST_CONSULTATION,
    CONSULTATION,
    IDENTITY,
    RIGHTS,
    SOURCE_TOPICS,
    Role,
    delivery_topic,
    receipt_topic,
)
from kpr_stream.model.words import SYSTEMS, System
from kpr_stream.settings import Settings
from tests.support.poll import HANGING_S


def write(settings: Settings, principal: str, topic: str) -> KafkaError | None:
    """Write one record as this principal. Returns the broker's error, if any."""
    access = kafka_access(settings, principal).for_librdkafka()
    producer = Producer(
        {
            **access,
            "log_level": 0,
            "enable.idempotence": True,
            "topic.metadata.propagation.max.ms": 1000,  # how long it waits for an unknown topic
        }
    )
    errors: list[KafkaError | None] = []
    producer.produce(topic, b"x", on_delivery=lambda error, _: errors.append(error))
    producer.flush(HANGING_S)
    assert errors, "the broker did not answer"
    return errors[0]


def read(settings: Settings, principal: str, topic: str, group: str) -> KafkaError | None:
    """Join a group and read a topic to its end as this principal. Returns the error, if any."""
    consumer = Consumer(
        {
            **kafka_access(settings, principal).for_librdkafka(),
            "group.id": group,
            "log_level": 0,
            "enable.partition.eof": True,
            "auto.offset.reset": "latest",
        }
    )
    try:
        consumer.subscribe([topic])
        message = consumer.poll(HANGING_S)
    finally:
        consumer.close()
    assert message is not None, "the broker did not answer"
    error: KafkaError | None = message.error()
    return None if refused(error, KafkaError._PARTITION_EOF) else error


def refused(error: KafkaError | None, code: int) -> bool:
    return error is not None and error.code() == code


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_system_writes_its_own_topic_and_no_other_with_an_idempotent_producer(
    stack: Settings, system: System
) -> None:
    for other in SYSTEMS:
        error = write(stack, system, delivery_topic(other))
        if other is system:
            assert error is None
        else:
            assert refused(error, KafkaError.TOPIC_AUTHORIZATION_FAILED)


def test_no_system_writes_what_only_the_processor_or_the_tools_write(stack: Settings) -> None:
    for topic in (CONSULTATION, IDENTITY, RIGHTS, receipt_topic(System.VISMA_HSPRO)):
        error = write(stack, System.VISMA_HSPRO, topic)
        assert refused(error, KafkaError.TOPIC_AUTHORIZATION_FAILED)


def test_nobody_makes_a_topic_by_writing_to_it(stack: Settings) -> None:
    error = write(stack, Role.ADMIN, "kpr.hst.mistyped")
    assert refused(error, KafkaError.UNKNOWN_TOPIC_OR_PART)


def test_no_system_gets_a_transactional_id(stack: Settings) -> None:
    for wanted in ("kpr-hst-0", "visma-hspro-0"):
        access = kafka_access(stack, System.VISMA_HSPRO).for_librdkafka()
        producer = Producer({**access, "transactional.id": wanted, "log_level": 0})
        with pytest.raises(KafkaException) as caught:
            producer.init_transactions(HANGING_S)
        assert caught.value.args[0].code() == KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED


async def test_the_processor_writes_an_output_and_its_offsets_in_one_transaction(
    stack: Settings,
) -> None:
    access = kafka_access(stack, Role.PROCESSOR).for_aiokafka()
    group = f"{stack.app_id}-trial"
    offsets = {TopicPartition(topic, 0): OffsetAndMetadata(1, "") for topic in SOURCE_TOPICS}
    transactional_id = f"{stack.app_id}-trial"
    producer = AIOKafkaProducer(**access, transactional_id=transactional_id)
    async with producer, producer.transaction():
        await producer.send_and_wait(CONSULTATION, b"x", key=b"a compacted topic wants keys")
        await producer.send_offsets_to_transaction(offsets, group)
    # The next producer of the id starts only when the commit has reached every partition; before
    # that the broker may still answer with the offsets of before.
    async with AIOKafkaProducer(**access, transactional_id=transactional_id):
        pass
    async with AIOKafkaConsumer(**access, group_id=group, enable_auto_commit=False) as consumer:
        consumer.assign(list(offsets))
        assert [await consumer.committed(p) for p in offsets] == [1] * len(SOURCE_TOPICS)


def test_a_transactional_id_outside_the_apps_prefix_is_refused_to_the_processor(
    stack: Settings,
) -> None:
    access = kafka_access(stack, Role.PROCESSOR).for_librdkafka()
    producer = Producer({**access, "transactional.id": "another-0", "log_level": 0})
    with pytest.raises(KafkaException) as caught:
        producer.init_transactions(HANGING_S)
    assert caught.value.args[0].code() == KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED


def test_readers_read_their_topics_in_groups_of_their_own_name_only(stack: Settings) -> None:
    no_topic = KafkaError.TOPIC_AUTHORIZATION_FAILED
    no_group = KafkaError.GROUP_AUTHORIZATION_FAILED
    analyst, system = Role.ANALYST, System.EG_INFODOC
    mine, theirs = receipt_topic(system), receipt_topic(System.VISMA_HSPRO)
    for principal, topic, group, code in (
        (analyst, ANALYST_CONSULTATION, "analyst-notebook", None),
        (analyst, ANALYST_CONSULTATION, stack.app_id, no_group),
        (analyst, CONSULTATION, "analyst-notebook", no_topic),
        (analyst, IDENTITY, "analyst-notebook", no_topic),
        (analyst, delivery_topic(system), "analyst-notebook", no_topic),
        (system, mine, "eg-infodoc-receipts", None),
        (system, theirs, "eg-infodoc-receipts", no_topic),
    ):
        error = read(stack, principal, topic, group)
        found = error.code() if error is not None else None
        assert found == code, (principal, topic, group, error)


def test_a_right_of_an_earlier_release_is_taken_back(stack: Settings) -> None:
    """Only that one: the others stay, whoever has granted them."""
    admin = admin_client(kafka_access(stack, Role.ADMIN))
    make_acls(admin, [*acls(stack.app_id), *WITHDRAWN], withdrawn=())
    assert read(stack, Role.ANALYST, CONSULTATION, "analyst-notebook") is None
    make_acls(admin, acls(stack.app_id))
    error = read(stack, Role.ANALYST, CONSULTATION, "analyst-notebook")
    assert refused(error, KafkaError.TOPIC_AUTHORIZATION_FAILED)
    assert read(stack, Role.ANALYST, ANALYST_CONSULTATION, "analyst-notebook") is None


def test_a_wrong_password_is_refused(stack: Settings) -> None:
    wrong = stack.model_copy(update={"kafka_password": SecretStr("wrong")})
    access = kafka_access(wrong, System.VISMA_HSPRO).for_librdkafka()
    errors: list[KafkaError] = []
    producer = Producer({**access, "error_cb": errors.append, "log_level": 0})
    producer.poll(HANGING_S)
    assert [error.code() for error in errors[:1]] == [KafkaError._AUTHENTICATION]
