"""Where a partition is read on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kpr_stream.sinks.position import MAX_AGE, Position, advanced, rebuild_reason, rebuilt, step

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ID, OTHER = "rt2zICjRRxu5lGtok46dnA", "AAAAAAAAAAAAAAAAAAAAAQ"


@pytest.mark.parametrize(
    ("next_offset", "age", "reason"),
    [
        (5, timedelta(0), None),
        (0, timedelta(0), "below the log's start 1"),
        (9, timedelta(0), None),
        (10, timedelta(0), "above the log's end 9"),
        (5, MAX_AGE, None),
        (5, MAX_AGE + timedelta(seconds=1), "older than 20 days"),
    ],
)
def test_when_a_rebuild_is_due(next_offset: int, age: timedelta, reason: str | None) -> None:
    found = rebuild_reason(Position(next_offset, 1, None, NOW - age), 1, 9, NOW, ID)
    assert (found is None) if reason is None else (found is not None and reason in found)


@pytest.mark.parametrize("next_offset", [1, 5, 9])
def test_a_position_of_another_topic_is_rebuilt_wherever_it_is(next_offset: int) -> None:
    position = Position(next_offset, 1, None, NOW, OTHER)
    reason = rebuild_reason(position, 1, 9, NOW, ID)
    assert reason is not None
    assert OTHER in reason
    assert ID in reason
    assert rebuilt(position, 1, 9, NOW, ID) == Position(1, 2, 9, NOW, ID)


def test_a_position_of_this_topic_or_of_an_earlier_release_is_resumed() -> None:
    for topic_id in (ID, None):
        assert rebuild_reason(Position(5, 1, None, NOW, topic_id), 1, 9, NOW, ID) is None


def test_a_rebuild_is_over_where_the_log_ended_when_it_began() -> None:
    anew = rebuilt(Position(50, 3, None, NOW), 2, 9, NOW, ID)
    assert anew == Position(2, 4, 9, NOW, ID)
    halfway = step("t", 0, anew, 8)
    assert not halfway.ends_rebuild
    over = step("t", 0, advanced(anew, halfway, NOW), 9)
    assert over.ends_rebuild
    assert advanced(anew, over, NOW) == Position(9, 4, None, NOW, ID)


def test_a_step_remembers_what_was_read() -> None:
    move = step("t", 7, Position(5, 2, None, NOW), 11)
    assert (move.read_before, move.next_offset, move.epoch) == (5, 11, 2)
    assert not move.ends_rebuild
