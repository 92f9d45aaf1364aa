"""Where a rebuild begins, and when an earlier start of one is resumed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from aiokafka import TopicPartition

from kpr_stream.database.migrate import OWNER
from kpr_stream.kafka.partition_reader import LogRange
from kpr_stream.sinks.position import Position
from kpr_stream.sinks.rebuild.carry import carry_versions
from kpr_stream.sinks.rebuild.prepare import first_positions, fits
from kpr_stream.sinks.rebuild.target import beside, live_names, names_in
from kpr_stream.sinks.tables import SinkKind, sink

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TOPIC, LANE = "t", 3
LIVE = Position(next_offset=40, epoch=6, rebuild_until=None, noted_at=NOW, topic_id="id")
RANGES = {TopicPartition(TOPIC, LANE): LogRange(10, 50)}


def first(live: Position | None, topic_id: str = "id") -> Position:
    known = {} if live is None else {(TOPIC, LANE): live}
    return first_positions(known, RANGES, {TOPIC: topic_id}, NOW)[TOPIC, LANE]


def test_it_begins_at_the_start_of_the_log_in_the_next_epoch() -> None:
    begin = first(LIVE)
    assert (begin.next_offset, begin.epoch, begin.rebuild_until) == (10, 7, None)
    assert begin.first_epoch == LIVE.first_epoch
    assert first(None).epoch == 1


def test_a_log_that_has_lost_keys_erases_nothing_of_earlier_epochs() -> None:
    assert first(LIVE, "another").first_epoch == 7
    assert first(replace(LIVE, next_offset=5)).first_epoch == 7
    assert first(replace(LIVE, next_offset=51)).first_epoch == 7
    assert first(replace(LIVE, noted_at=NOW - timedelta(days=30))).first_epoch == 1


def test_an_earlier_start_is_resumed_for_the_same_topics_and_newer_epochs_alone() -> None:
    live, made = {(TOPIC, LANE): LIVE}, {(TOPIC, LANE): first(LIVE)}
    assert fits(made, live, {TOPIC: "id"})
    assert not fits({}, live, {TOPIC: "id"})
    assert not fits(made, live, {TOPIC: "another"})
    assert not fits(made, {(TOPIC, LANE): replace(LIVE, epoch=7)}, {TOPIC: "id"})


def test_the_new_tables_are_those_of_the_sink_in_a_schema_of_their_own() -> None:
    for kind in SinkKind:
        found = sink(kind)
        new = beside(found)
        assert names_in(new.db_schema, found) == live_names(new)
        assert len({*live_names(new)}) == len(live_names(found))
        assert new.database_role == OWNER
        assert new.lock_id != found.lock_id
        assert new.topics == found.topics


def test_tables_of_another_schema_of_the_sink_are_among_them() -> None:
    assert "rights.person" in live_names(sink(SinkKind.IDENTITY))
    assert live_names(sink(SinkKind.CONTENT))[-1] == "content.sink_position"


def test_versions_are_carried_for_keys_that_the_topic_has() -> None:
    old = sink(SinkKind.CONTENT).tables[0]
    sql = carry_versions(old, beside(sink(SinkKind.CONTENT)).tables[0])
    assert sql.startswith("INSERT INTO content_rebuild.consultation_version (")
    assert "FROM content.consultation_version v" in sql
    assert "content_rebuild.consultation t WHERE t.consultation_key = v.consultation_key" in sql
