"""Run the embedded stack of a trial, with empty topics, in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kpr_stream.embedded.kafka.provision import admin_client, delete_topics, make_topics
from kpr_stream.embedded.start import running_stack
from kpr_stream.errors import UsageError
from kpr_stream.kafka.access import kafka_access
from kpr_stream.model.topics import RECEIPT_TOPICS, TOPICS, Role, delivery_topic
from kpr_stream.model.words import SYSTEMS
from kpr_stream.settings import Environment, Settings


@contextmanager
def trial_stack(
    settings: Settings, folder: Path, *, report: Callable[[str], None] = lambda _: None
) -> Iterator[Settings]:
    """Yield the settings of a stack that ends with the block. Its delivery topics are empty.

    The addresses and logins of ``settings`` are not used: a trial never reaches another cluster.
    UsageError in production.
    """
    if settings.environment is Environment.PRODUCTION:
        raise UsageError(
            "A sandbox takes invented deliveries: it does not run in production.",
            what_to_do="Run it where KPR_ENVIRONMENT is test, the default.",
        )
    own = settings.model_copy(
        update={
            "home": folder,
            "kafka_bootstrap": None,
            "kafka_username": None,
            "kafka_password": None,
            "postgres_dsn": None,
        }
    )
    with running_stack(own, report=report):
        empty_topics(own)
        yield own


def empty_topics(settings: Settings) -> None:
    """Empty the topics that vendors write and read.

    A trial keeps its ledgers in memory, so that it must not read what an earlier one answered.
    """
    names = {*RECEIPT_TOPICS, *(delivery_topic(system) for system in SYSTEMS)}
    admin = admin_client(kafka_access(settings, Role.ADMIN))
    delete_topics(admin, names)
    make_topics(admin, [topic for topic in TOPICS if topic.name in names])
