"""The running broker and database have the settings of the tables."""

from __future__ import annotations

import asyncpg
import pytest
from confluent_kafka.admin import ConfigResource, ResourceType

from kpr_stream.database.access import postgres_dsn
from kpr_stream.embedded.kafka.provision import admin_client, make_topics
from kpr_stream.embedded.kafka.settings import BROKER
from kpr_stream.embedded.postgres.settings import DATABASE
from kpr_stream.kafka.access import kafka_access
from kpr_stream.model.topics import TOPICS, Role, Topic
from kpr_stream.model.tuned import TunedSetting
from kpr_stream.settings import Settings
from tests.support.poll import HANGING_S

DEFAULT_CONFIG = 5
"""Kafka's code for a value that nobody has set."""


def described(settings: Settings, kind: ResourceType, name: str) -> dict[str, object]:
    admin = admin_client(kafka_access(settings, Role.ADMIN))
    (answer,) = admin.describe_configs([ConfigResource(kind, name)]).values()
    entries: dict[str, object] = answer.result(HANGING_S)
    return entries


@pytest.mark.parametrize("tuned", BROKER, ids=lambda t: t.name)
def test_the_broker_runs_with_each_tuned_setting_and_it_is_not_the_default(
    stack: Settings, tuned: TunedSetting
) -> None:
    entry = described(stack, ResourceType.BROKER, "1")[tuned.name]
    assert entry.value == tuned.value  # type: ignore[attr-defined] # confluent-kafka is untyped
    sources = {s.source: s.value for s in entry.synonyms.values()}  # type: ignore[attr-defined]
    assert entry.source != DEFAULT_CONFIG  # type: ignore[attr-defined]
    assert sources.get(DEFAULT_CONFIG) != tuned.value


@pytest.mark.parametrize("topic", TOPICS, ids=lambda t: t.name)
def test_every_topic_has_its_settings_and_partitions(stack: Settings, topic: Topic) -> None:
    entries = described(stack, ResourceType.TOPIC, topic.name)
    found = {name: entries[name].value for name in topic.settings}  # type: ignore[attr-defined]
    assert found == dict(topic.settings)
    admin = admin_client(kafka_access(stack, Role.ADMIN))
    listed = admin.list_topics(topic.name, timeout=HANGING_S)
    assert len(listed.topics[topic.name].partitions) == topic.partitions


def test_making_topics_again_fixes_changed_settings_and_nothing_else(stack: Settings) -> None:
    admin = admin_client(kafka_access(stack, Role.ADMIN))
    assert make_topics(admin) == ()
    topic = TOPICS[0]
    changed = Topic(topic.name, topic.writers, topic.readers, {"retention.ms": "1000"})
    assert make_topics(admin, [changed]) == (topic.name,)
    assert make_topics(admin, [topic]) == (topic.name,)
    assert make_topics(admin, [topic]) == ()


@pytest.mark.parametrize("tuned", DATABASE, ids=lambda t: t.name)
async def test_the_database_runs_with_each_tuned_setting(
    stack: Settings, tuned: TunedSetting
) -> None:
    connection = await asyncpg.connect(postgres_dsn(stack, "postgres").get_secret_value())
    try:
        row = await connection.fetchrow(
            "SELECT current_setting(name) AS now, boot_val FROM pg_settings WHERE name ILIKE $1",
            tuned.name,
        )
    finally:
        await connection.close()
    assert row["now"] == tuned.value
    assert row["boot_val"] != tuned.value
