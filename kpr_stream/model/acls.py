"""The rights of every principal on a cluster: the rows of ``topics.py`` as Kafka ACLs. Pure.

A writer may write and describe its topics, a reader read and describe them. Everybody may describe
the topics that mark the environment. The processor may use the consumer groups that begin with its
app id, every other principal those that begin with its own name. The exporter may see, and not
join, the processor's groups: their committed offsets say how far the lanes are. Only
``TRANSACTIONAL_WRITERS`` may use transactional ids, under the same prefix. The admin is a super
user and needs no ACLs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from kpr_stream.model.environment import MARKS
from kpr_stream.model.topics import (
    APPOINTMENT,
    CONSULTATION,
    TOPICS,
    TRANSACTIONAL_WRITERS,
    Role,
    Topic,
)
from kpr_stream.model.words import SYSTEMS


class Resource(StrEnum):
    """The kind of thing that a right is on, in Kafka's words."""

    TOPIC = "TOPIC"
    GROUP = "GROUP"
    TRANSACTIONAL_ID = "TRANSACTIONAL_ID"


class Right(StrEnum):
    """The operation that a right allows, in Kafka's words."""

    READ = "READ"
    WRITE = "WRITE"
    DESCRIBE = "DESCRIBE"


@dataclass(frozen=True, slots=True, order=True)
class Acl:
    """One right of one principal; ``prefixed``: on every name that begins with ``name``."""

    principal: str
    resource: Resource
    name: str
    right: Right
    prefixed: bool = False


PRINCIPALS: tuple[str, ...] = (*SYSTEMS, *Role)
"""Every principal that may log in."""


WITHDRAWN: tuple[Acl, ...] = tuple(
    Acl(Role.ANALYST, Resource.TOPIC, topic, right)
    for topic in (CONSULTATION, APPOINTMENT)
    for right in (Right.READ, Right.DESCRIBE)
)
"""Rights that earlier releases granted, and that are taken back: a cluster keeps what it has been
given. The cleaned topics show analysts the birth date (docs/adr/0191)."""


def acls(app_id: str, topics: Iterable[Topic] = TOPICS) -> tuple[Acl, ...]:
    """Return every right on the cluster, for a processor with this app id."""
    found = {acl for topic in topics for acl in _on_topic(topic)}
    for principal in PRINCIPALS:
        if principal != Role.ADMIN:
            # Everybody sees of which environment the cluster is, and refuses another one.
            found |= {Acl(str(principal), Resource.TOPIC, mark, Right.DESCRIBE) for mark in MARKS}
            prefix = _prefix(principal, app_id)
            found.add(Acl(str(principal), Resource.GROUP, prefix, Right.READ, prefixed=True))
    found.add(Acl(Role.EXPORTER, Resource.GROUP, app_id, Right.DESCRIBE, prefixed=True))
    for writer in TRANSACTIONAL_WRITERS:
        ids = f"{_prefix(writer, app_id)}-"
        for right in (Right.WRITE, Right.DESCRIBE):
            found.add(Acl(str(writer), Resource.TRANSACTIONAL_ID, ids, right, prefixed=True))
    return tuple(sorted(found))


def _prefix(principal: str, app_id: str) -> str:
    """Return what the names of a principal's groups and transactional ids begin with."""
    return app_id if principal == Role.PROCESSOR else str(principal)


def _on_topic(topic: Topic) -> Iterable[Acl]:
    for principals, right in ((topic.writers, Right.WRITE), (topic.readers, Right.READ)):
        for principal in principals:
            yield Acl(str(principal), Resource.TOPIC, topic.name, right)
            yield Acl(str(principal), Resource.TOPIC, topic.name, Right.DESCRIBE)
    for watcher in topic.watchers:
        yield Acl(str(watcher), Resource.TOPIC, topic.name, Right.DESCRIBE)
