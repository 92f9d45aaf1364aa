from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from kpr_stream.connectors.backfill.progress import BackfillState, Speed, duration

STATE = BackfillState(
    month=date(2017, 4, 1),
    months_done=3,
    months=108,
    files_done=30,
    files=400,
    bytes_done=250,
    bytes=1000,
    items_answered=52_000,
    items_per_second=1900.04,
    seconds_left=2460,
    waits_for_live=False,
)


def test_a_line_says_how_far_how_fast_and_how_long() -> None:
    assert STATE.as_text() == (
        "2017-04: 3 of 108 months, 30 of 400 files (25.0 %), 52,000 items answered, 1,900/s, "
        "41 min left."
    )
    waits = replace(STATE, waits_for_live=True, items_per_second=None, seconds_left=None)
    assert waits.as_text().endswith("no rate yet, waits for live deliveries.")
    assert STATE.as_json()["items_per_second"] == 1900.0
    assert STATE.as_json()["month"] == "2017-04"


def test_a_history_without_files_is_done() -> None:
    assert replace(STATE, bytes=0, bytes_done=0).percent == 100.0


def test_the_speed_is_that_of_the_last_minutes() -> None:
    speed = Speed(window_s=10)
    speed.note(0, items=0, done_bytes=0)
    assert (speed.items_per_second, speed.seconds_for(100)) == (None, None)
    speed.note(10, items=100, done_bytes=1000)
    assert (speed.items_per_second, speed.seconds_for(500)) == (10.0, 5.0)
    for second in range(11, 40):
        speed.note(second, items=100, done_bytes=1000)
    assert speed.items_per_second == 0.0
    assert speed.seconds_for(500) is None
    assert speed.seconds_for(0) == 0.0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(12, "12 s"), (240, "4 min"), (12_000, "3 h 20 min"), (183_600, "2 d 3 h")],
)
def test_a_duration_is_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text
