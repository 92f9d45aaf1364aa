"""How long records have waited for the projector, without reading them."""

from __future__ import annotations

from kpr_stream.projector.waiting import Waiting


def test_at_the_end_of_the_topic_nothing_waits_however_old_the_last_record_is() -> None:
    waiting = Waiting(1_000.0)
    assert waiting.oldest_s(5_000.0) == 0
    waiting.carried(3, 10.0)
    waiting.measured({3: 0, 4: 0}, 1_000.0)
    assert waiting.oldest_s(5_000.0) == 0


def test_a_record_after_a_quiet_time_has_waited_since_the_end_was_last_seen() -> None:
    waiting = Waiting(0.0)
    waiting.carried(3, 10.0)
    waiting.measured({3: 0}, 1_000.0)
    waiting.measured({3: 1}, 1_002.0)
    assert waiting.oldest_s(1_002.0) == 2
    # A transaction hangs: the time grows, and a scrape sees it.
    assert waiting.oldest_s(1_900.0) == 900
    waiting.measured({3: 0}, 1_901.0)
    assert waiting.oldest_s(1_901.0) == 0


def test_a_backlog_is_as_old_as_the_record_before_it() -> None:
    waiting = Waiting(5_000.0)
    waiting.measured({3: 70, 4: 5}, 5_000.0)
    assert waiting.oldest_s(5_001.0) == 1, "nothing is known yet"
    waiting.carried(3, 2_000.0)
    waiting.carried(4, 4_999.0)
    waiting.measured({3: 20, 4: 1}, 5_002.0)
    assert waiting.oldest_s(5_002.0) == 3_002


def test_a_steady_stream_is_never_at_its_end_and_never_late() -> None:
    waiting = Waiting(0.0)
    for now in range(1, 3_600):
        waiting.carried(3, now - 0.5)
        waiting.measured({3: 2}, float(now))
        assert waiting.oldest_s(float(now)) == 0.5


def test_a_clock_behind_that_of_the_broker_shows_no_time_below_zero() -> None:
    waiting = Waiting(0.0)
    waiting.carried(3, 10.0)
    waiting.measured({3: 1}, 9.0)
    assert waiting.oldest_s(9.0) == 0
