"""Where a partition is read on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kpr_stream.sinks.position import (
    ASKED_FOR,
    MAX_AGE,
    LogState,
    Position,
    Rebuild,
    advanced,
    rebuild_due,
    rebuilt,
    step,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ID, OTHER = "rt2zICjRRxu5lGtok46dnA", "AAAAAAAAAAAAAAAAAAAAAQ"
LOG = LogState(1, 9, ID)


def at(next_offset: int, *, epoch: int = 1, until: int | None = None, **more: Any) -> Position:
    return Position(
        **{"next_offset": next_offset, "epoch": epoch, "rebuild_until": until, "noted_at": NOW}
        | more
    )


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
    found = rebuild_due(at(next_offset, noted_at=NOW - age), LOG, NOW)
    assert (found is None) if reason is None else (found is not None and reason in found.reason)


@pytest.mark.parametrize("next_offset", [1, 5, 9])
def test_a_position_of_another_topic_is_rebuilt_wherever_it_is(next_offset: int) -> None:
    position = at(next_offset, topic_id=OTHER)
    due = rebuild_due(position, LOG, NOW)
    assert due is not None
    assert OTHER in due.reason
    assert ID in due.reason
    after = rebuilt(position, LOG, NOW, due)
    assert after == at(1, epoch=2, until=9, topic_id=ID, first_epoch=2)


def test_a_position_of_this_topic_or_of_an_earlier_release_is_resumed() -> None:
    for topic_id in (ID, None):
        assert rebuild_due(at(5, topic_id=topic_id), LOG, NOW) is None


def test_only_a_log_that_kept_every_key_says_what_was_erased() -> None:
    old = at(5, epoch=3, noted_at=NOW - 2 * MAX_AGE, topic_id=ID, first_epoch=2)
    of_age = rebuild_due(old, LOG, NOW)
    assert of_age is not None
    assert rebuilt(old, LOG, NOW, of_age).first_epoch == 2
    assert rebuilt(old, LOG, NOW, ASKED_FOR).first_epoch == 2
    for next_offset in (0, 10):
        lost = rebuild_due(at(next_offset, epoch=3, first_epoch=2), LOG, NOW)
        assert lost is not None
        assert rebuilt(old, LOG, NOW, lost).first_epoch == 4


def test_a_rebuild_is_over_where_the_log_ended_when_it_began() -> None:
    log = LogState(2, 9, ID)
    again = rebuilt(at(50, epoch=3), log, NOW, Rebuild("a reason", loses_keys=False))
    assert again == at(2, epoch=4, until=9, topic_id=ID)
    halfway = step("t", 0, again, 8)
    assert halfway.rebuilding
    assert not halfway.ends_rebuild
    over = step("t", 0, advanced(again, halfway, NOW), 9)
    assert over.ends_rebuild
    assert over.rebuilding
    assert advanced(again, over, NOW) == at(9, epoch=4, topic_id=ID)


def test_a_step_remembers_what_was_read() -> None:
    move = step("t", 7, at(5, epoch=2), 11)
    assert (move.read_before, move.next_offset, move.epoch) == (5, 11, 2)
    assert not move.ends_rebuild
    assert not move.rebuilding
