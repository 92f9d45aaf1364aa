"""Real logins against a real broker: who may do what, and nobody more."""

from __future__ import annotations

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from pydantic import SecretStr

from kpr_stream.access import kafka_access
from kpr_stream.model.topics import (
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

ANSWER_S = 20.0


def write(settings: Settings, principal: str, topic: str) -> KafkaError | None:
    """Write one record as this principal; what the broker said against it."""
    access = kafka_access(settings, principal).for_librdkafka()
    producer = Producer({**access, "log_level": 0, "enable.idempotence": True})
    told: list[KafkaError | None] = []
    producer.produce(topic, b"x", on_delivery=lambda error, _: told.append(error))
    producer.flush(ANSWER_S)
    assert told, "the broker did not answer"
    return told[0]


def read(settings: Settings, principal: str, topic: str, group: str) -> KafkaError | None:
    """Read this topic's end and commit in a group as this principal; what was said against it."""
    consumer = Consumer(
        {
            **kafka_access(settings, principal).for_librdkafka(),
            "group.id": group,
            "log_level": 0,
            "enable.partition.eof": True,
            "enable.auto.commit": False,
        }
    )
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        message = consumer.poll(ANSWER_S)
        assert message is not None, "the broker did not answer"
        error = message.error()
        if error is not None and error.code() != KafkaError._PARTITION_EOF:
            return error
        consumer.commit(offsets=[TopicPartition(topic, 0, 0)], asynchronous=False)
    except KafkaException as refused:
        return KafkaError(refused.args[0].code())
    finally:
        consumer.close()
    return None


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
    assert refused(error, KafkaError._UNKNOWN_TOPIC)


def test_no_system_gets_a_transactional_id(stack: Settings) -> None:
    for wanted in ("kpr-hst-0", "visma-hspro-0"):
        access = kafka_access(stack, System.VISMA_HSPRO).for_librdkafka()
        producer = Producer({**access, "transactional.id": wanted, "log_level": 0})
        with pytest.raises(KafkaException) as told:
            producer.init_transactions(ANSWER_S)
        assert told.value.args[0].code() == KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED


def test_the_processor_writes_an_output_and_its_offsets_in_one_transaction(stack: Settings) -> None:
    access = kafka_access(stack, Role.PROCESSOR).for_librdkafka()
    consumer = Consumer({**access, "group.id": stack.app_id, "log_level": 0})
    producer = Producer({**access, "transactional.id": f"{stack.app_id}-0", "log_level": 0})
    producer.init_transactions(ANSWER_S)
    producer.begin_transaction()
    producer.produce(CONSULTATION, b"x")
    offsets = [TopicPartition(topic, 0, 1) for topic in SOURCE_TOPICS]
    producer.send_offsets_to_transaction(offsets, consumer.consumer_group_metadata(), ANSWER_S)
    producer.commit_transaction(ANSWER_S)
    committed = consumer.committed([TopicPartition(t, 0) for t in SOURCE_TOPICS], ANSWER_S)
    assert [p.offset for p in committed] == [1] * len(SOURCE_TOPICS)
    consumer.close()


def test_a_transactional_id_outside_the_apps_prefix_is_refused_to_the_processor(
    stack: Settings,
) -> None:
    access = kafka_access(stack, Role.PROCESSOR).for_librdkafka()
    producer = Producer({**access, "transactional.id": "another-0", "log_level": 0})
    with pytest.raises(KafkaException) as told:
        producer.init_transactions(ANSWER_S)
    assert told.value.args[0].code() == KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED


def test_readers_read_their_topics_in_groups_of_their_own_name_only(stack: Settings) -> None:
    analyst = Role.ANALYST
    assert read(stack, analyst, CONSULTATION, "analyst-notebook") is None
    outside = read(stack, analyst, CONSULTATION, stack.app_id)
    assert refused(outside, KafkaError.GROUP_AUTHORIZATION_FAILED)
    for topic in (IDENTITY, delivery_topic(System.EG_INFODOC)):
        error = read(stack, analyst, topic, "analyst-notebook")
        assert refused(error, KafkaError.TOPIC_AUTHORIZATION_FAILED)
    mine, theirs = receipt_topic(System.EG_INFODOC), receipt_topic(System.VISMA_HSPRO)
    assert read(stack, System.EG_INFODOC, mine, "eg-infodoc-receipts") is None
    error = read(stack, System.EG_INFODOC, theirs, "eg-infodoc-receipts")
    assert refused(error, KafkaError.TOPIC_AUTHORIZATION_FAILED)


def test_a_wrong_password_is_refused(stack: Settings) -> None:
    wrong = stack.model_copy(update={"kafka_password": SecretStr("wrong")})
    access = kafka_access(wrong, System.VISMA_HSPRO).for_librdkafka()
    told: list[KafkaError] = []
    producer = Producer({**access, "error_cb": told.append, "log_level": 0})
    producer.poll(ANSWER_S)
    assert [error.code() for error in told[:1]] == [KafkaError._AUTHENTICATION]
