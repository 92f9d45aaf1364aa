"""Fill the input of the peers, and make and remove their topics."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from confluent_kafka import Producer

from bench.peers.apps.bare import INPUT, output_topic
from bench.peers.plan import Planned
from kpr_stream.embedded.kafka.provision import (
    admin_client,
    delete_topics,
    make_topics,
    topic_names,
)
from kpr_stream.kafka.access import kafka_access
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.environment import MARKS
from kpr_stream.model.topics import MAX_DELIVERY_BYTES, TOPICS, Role, Topic
from kpr_stream.settings import Settings
from tests.support.deliveries import source_record

_OURS: Final = frozenset((*(topic.name for topic in TOPICS), *MARKS))
_INTERNAL: Final = "__"


def fill(settings: Settings, planned: Sequence[Planned]) -> None:
    """Make the input topic again and write the deliveries to it."""
    like_ours = {"max.message.bytes": str(MAX_DELIVERY_BYTES)}
    _make_again(settings, Topic(INPUT, (), (), like_ours))
    access = kafka_access(settings, Role.ADMIN)
    producer = Producer({**access.for_librdkafka(), "message.max.bytes": MAX_DELIVERY_BYTES})
    for record in clear_records(planned):
        producer.produce(INPUT, record.value, record.key, partition=record.partition)
        producer.poll(0)
    if producer.flush(60):
        raise SystemExit("The input could not be written.")


def clear_records(planned: Iterable[Planned]) -> Iterable[SourceRecord]:
    """Yield the deliveries as records of the input topic."""
    for one in planned:
        yield source_record(
            one.items(),
            org_nr=one.org_nr,
            system=one.system,
            sequence=one.sequence,
            encrypted=False,
        )


def fresh_output(settings: Settings, name: str) -> None:
    """Make the output topic of a peer again, empty."""
    _make_again(settings, Topic(output_topic(name), (), ()))


def remove_others(settings: Settings, kept: Collection[str] = (INPUT,)) -> None:
    """Delete the topics that a peer has made for itself, and its outputs."""
    admin = admin_client(kafka_access(settings, Role.ADMIN))
    others = topic_names(admin) - _OURS - frozenset(kept)
    delete_topics(admin, (name for name in others if not name.startswith(_INTERNAL)))


def _make_again(settings: Settings, topic: Topic) -> None:
    admin = admin_client(kafka_access(settings, Role.ADMIN))
    delete_topics(admin, (topic.name,))
    make_topics(admin, (topic,))
