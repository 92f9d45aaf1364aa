"""The rights that follow from the table of topics."""

from __future__ import annotations

import pytest

from kpr_stream.model.acls import PRINCIPALS, WITHDRAWN, Acl, Resource, Right, acls
from kpr_stream.model.environment import MARKS
from kpr_stream.model.topics import OUTPUT_TOPICS, PROBE_SYSTEM, TOPICS, Role, delivery_topic
from kpr_stream.model.words import SYSTEMS

ALL = acls("kpr-hst")


def who(resource: Resource, name: str, right: Right) -> set[str]:
    return {a.principal for a in ALL if (a.resource, a.name, a.right) == (resource, name, right)}


def test_each_row_of_the_table_is_granted_and_nothing_beyond_it() -> None:
    for topic in TOPICS:
        writers, readers = set(map(str, topic.writers)), set(map(str, topic.readers))
        assert who(Resource.TOPIC, topic.name, Right.WRITE) == writers
        assert who(Resource.TOPIC, topic.name, Right.READ) == readers
        described = who(Resource.TOPIC, topic.name, Right.DESCRIBE)
        assert described == writers | readers | set(map(str, topic.watchers))
    topics = {t.name for t in TOPICS}
    assert {a.name for a in ALL if a.resource is Resource.TOPIC} == topics | MARKS.keys()
    assert not any(a.prefixed for a in ALL if a.resource is Resource.TOPIC)


def test_processor_and_projector_have_transactional_ids_and_only_one_writes_outputs() -> None:
    transactional = {a for a in ALL if a.resource is Resource.TRANSACTIONAL_ID}
    assert transactional == {
        Acl(principal, Resource.TRANSACTIONAL_ID, ids, right, prefixed=True)
        for principal, ids in (("processor", "kpr-hst-"), ("projector", "projector-"))
        for right in (Right.WRITE, Right.DESCRIBE)
    }
    for output in OUTPUT_TOPICS:
        assert who(Resource.TOPIC, output, Right.WRITE) == {"processor"}


def test_each_system_writes_one_delivery_topic_that_only_the_processor_reads() -> None:
    for system in SYSTEMS:
        probe = {"probe"} if system is PROBE_SYSTEM else set()
        assert who(Resource.TOPIC, delivery_topic(system), Right.WRITE) == {system, *probe}
        assert who(Resource.TOPIC, delivery_topic(system), Right.READ) == {"processor"}


def test_everybody_but_the_admin_has_groups_under_one_prefix_of_their_own() -> None:
    joins = [a for a in ALL if a.resource is Resource.GROUP and a.right is Right.READ]
    groups = {a.principal: a for a in joins}
    assert set(groups) == set(PRINCIPALS) - {Role.ADMIN}
    assert all(a.prefixed for a in groups.values())
    assert groups["processor"].name == "kpr-hst"
    prefixes = [a.name for a in groups.values()]
    inside = [(a, b) for a in prefixes for b in prefixes if a != b and b.startswith(a)]
    assert not inside, "one's prefix holds another's groups"


@pytest.mark.parametrize("mark", MARKS)
def test_everybody_sees_the_mark_of_the_environment_and_nobody_writes_it(mark: str) -> None:
    assert who(Resource.TOPIC, mark, Right.DESCRIBE) == set(map(str, PRINCIPALS)) - {Role.ADMIN}
    for right in (Right.READ, Right.WRITE):
        assert who(Resource.TOPIC, mark, right) == set()


def test_the_admin_needs_no_row() -> None:
    assert not any(a.principal == Role.ADMIN for a in ALL)


def test_the_exporter_sees_how_far_the_lanes_are_and_reads_no_delivery() -> None:
    watched = {a for a in ALL if a.resource is Resource.GROUP and a.right is not Right.READ}
    assert watched == {Acl("exporter", Resource.GROUP, "kpr-hst", Right.DESCRIBE, prefixed=True)}
    for system in SYSTEMS:
        assert "exporter" in who(Resource.TOPIC, delivery_topic(system), Right.DESCRIBE)
    assert not any(a.right is Right.WRITE for a in ALL if a.principal == "exporter")


def test_what_is_withdrawn_is_not_granted() -> None:
    assert WITHDRAWN
    assert not set(WITHDRAWN) & set(ALL)
