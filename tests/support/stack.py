"""Run one embedded stack for many tests, with cheap ways to a fresh state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psutil
from confluent_kafka.admin import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    ResourceType,
)

from kpr_stream.embedded.kafka.provision import admin_client, delete_topics, make_topics
from kpr_stream.embedded.start import running_stack
from kpr_stream.errors import BrokerError
from kpr_stream.kafka.access import kafka_access
from kpr_stream.model.topics import TOPICS, Role
from kpr_stream.settings import Settings
from tests.support.poll import eventually

ADMIN_S: Final = 30.0
USUAL_BATCH_BYTES: Final = 1_048_588
"""A topic's ``max.message.bytes`` unless it is set."""


def stack_settings(home: Path, **more: Any) -> Settings:
    """Return the settings of a stack of our own, whatever the environment says."""
    return Settings(
        home=home,
        kafka_bootstrap=None,
        kafka_username=None,
        kafka_password=None,
        postgres_dsn=None,
        **more,
    )


@contextmanager
def one_stack(home: Path) -> Iterator[Settings]:
    """Run a stack for the length of the block. It also ends if the tests are killed."""
    settings = stack_settings(home)
    with running_stack(settings):
        yield settings


def fresh_topics(settings: Settings, names: Iterable[str] | None = None) -> None:
    """Delete topics (all of ours unless named) and create them again, empty, from offset 0."""
    admin = admin_client(kafka_access(settings, Role.ADMIN))
    wanted = frozenset(names) if names is not None else frozenset(t.name for t in TOPICS)
    try:
        delete_topics(admin, wanted)
    except BrokerError:
        # A broker that the test before has frozen may not answer the first request in time.
        delete_topics(admin, wanted)
    make_topics(admin, [t for t in TOPICS if t.name in wanted])


def add_partitions(settings: Settings, topic: str, total: int) -> None:
    """Give a topic more partitions, as an administrator might by mistake."""
    admin = admin_client(kafka_access(settings, Role.ADMIN))
    for done in admin.create_partitions([NewPartitions(topic, total)]).values():
        done.result(ADMIN_S)
    # The broker's answers follow its controller.
    eventually(lambda: len(admin.list_topics(topic, ADMIN_S).topics[topic].partitions) == total)


def limit_batches(settings: Settings, topic: str, most_bytes: int = USUAL_BATCH_BYTES) -> None:
    """Set how large a batch a topic accepts. KafkaException if the broker does not answer."""
    _set(settings, topic, {"max.message.bytes": str(most_bytes)})


def keep_versions(settings: Settings, topic: str) -> None:
    """Let a topic keep every record, whatever its timestamp: nothing is compacted or removed."""
    kept = {"cleanup.policy": "delete", "retention.ms": "-1"}
    _set(settings, topic, kept)
    admin = admin_client(kafka_access(settings, Role.ADMIN))
    resource = ConfigResource(ResourceType.TOPIC, topic)

    def applied() -> bool:
        (found,) = admin.describe_configs([resource]).values()
        known = found.result(ADMIN_S)
        return {name: known[name].value for name in kept} == kept

    # The broker's settings follow its controller's.
    eventually(applied)


def _set(settings: Settings, topic: str, values: Mapping[str, str]) -> None:
    entries = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        for name, value in values.items()
    ]
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
    admin = admin_client(kafka_access(settings, Role.ADMIN))
    for done in admin.incremental_alter_configs([resource]).values():
        done.result(ADMIN_S)


def alive_in(home: Path) -> list[str]:
    """List the living processes whose working directory is below a folder, as a stack's are."""
    found = []
    for process in psutil.process_iter():
        try:
            where = Path(process.cwd())
            if where.is_relative_to(home) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(f"{process.pid} {process.name()}")
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found
