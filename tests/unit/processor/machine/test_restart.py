"""What follows when a worker ends: a pause that grows, and an end of trying."""

from __future__ import annotations

import pytest

from kpr_stream.errors import BrokerError, ConfigurationError, TopicChangedError
from kpr_stream.processor.machine.restart import (
    EARLY_ENDS,
    EARLY_S,
    FAILED,
    FIRST_PAUSE_S,
    LONGEST_PAUSE_S,
    GiveUp,
    Restart,
    after_end,
)

KILLED = -9


def until_given_up(exit_code: int, lived_s: float) -> tuple[list[float], GiveUp]:
    """End a worker in the same way again and again."""
    pauses: list[float] = []
    early_ends = 0
    while isinstance(found := after_end(exit_code, lived_s, early_ends), Restart):
        pauses.append(found.pause_s)
        early_ends = found.early_ends
    return pauses, found


@pytest.mark.parametrize(
    ("exit_code", "ends_with"), [(BrokerError.exit_code, BrokerError.exit_code), (KILLED, FAILED)]
)
def test_early_ends_in_a_row_are_tried_again_more_and_more_slowly(
    exit_code: int, ends_with: int
) -> None:
    pauses, found = until_given_up(exit_code, EARLY_S - 1)
    assert pauses == [0.5, 1, 2, 4, 8, 16]
    assert len(pauses) == EARLY_ENDS - 1
    assert found.exit_code == ends_with
    assert f"{EARLY_ENDS} times" in found.reason


def test_a_worker_that_has_served_is_started_again_at_once_and_always() -> None:
    assert after_end(KILLED, EARLY_S, EARLY_ENDS - 1) == Restart(FIRST_PAUSE_S, 0)
    assert after_end(0, EARLY_S, 0) == Restart(FIRST_PAUSE_S, 0)
    assert after_end(KILLED, 1, 0) == Restart(FIRST_PAUSE_S, 1)


def test_no_pause_outlasts_the_longest() -> None:
    assert max(until_given_up(KILLED, 0)[0]) == LONGEST_PAUSE_S


@pytest.mark.parametrize("error", [ConfigurationError, TopicChangedError])
def test_where_a_person_must_decide_nothing_is_started_again(
    error: type[ConfigurationError | TopicChangedError],
) -> None:
    found = after_end(error.exit_code, 10 * EARLY_S, 0)
    assert isinstance(found, GiveUp)
    assert found.exit_code == error.exit_code
