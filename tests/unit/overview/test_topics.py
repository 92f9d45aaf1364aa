"""The topics of a cluster against the contract, as far as a login sees them."""

from __future__ import annotations

from kpr_stream.model.topics import PARTITIONS_OF, QUARANTINE, RIGHTS, Role
from kpr_stream.overview.topics import TopicFault, compare, visible_topics


def test_a_login_sees_what_it_has_rights_on_and_the_administrator_all() -> None:
    assert visible_topics(Role.ADMIN) == PARTITIONS_OF
    seen = visible_topics(Role.OPERATOR)
    assert QUARANTINE in seen
    assert RIGHTS not in seen
    assert all(number == PARTITIONS_OF[name] for name, number in seen.items())


def test_a_missing_topic_and_added_partitions_are_named() -> None:
    found = {name: n for name, n in PARTITIONS_OF.items() if name != RIGHTS} | {QUARANTINE: 9}
    faults = compare(found, PARTITIONS_OF)
    assert {one.topic: one.message for one in faults} == {
        RIGHTS: "kpr.rights is missing",
        QUARANTINE: "kpr.hst.quarantine has 9 partitions instead of 8",
    }
    assert compare(PARTITIONS_OF, PARTITIONS_OF) == []
    assert faults[0] == TopicFault(topic=RIGHTS, partitions=0, expected=1)
