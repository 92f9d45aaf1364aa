"""The charts of speed show what a results file has, and leave out what it has not."""

from __future__ import annotations

from typing import Any

from tools.charts.speed import speeds, stages

WORDS = {"plain_loop": "loop", "worker": "worker", "sink": "sink, until rows", "live": "live"}
FOUND: dict[str, Any] = {
    "rounds": 3,
    "medians": {
        "plain_loop": {"items_a_second": 40_000},
        "worker": {"items_a_second": 10_000},
        "sink": {"rows_a_second": 50_000},
        "live": {"p99_ms": 90.0},
    },
    "goals": [
        {"of": "worker", "figure": "items_a_second", "goal": "at least 25,000"},
        {"of": "live", "figure": "p99_ms", "goal": "at most 250"},
    ],
    "stages_cpu_microseconds_an_item": {
        "100": {"open": 2.5, "decide": 28.3},
        "1000": {"open": 0.5, "decide": 27.1},
    },
}


def test_speeds_have_ratio_and_goal() -> None:
    loop, worker, sink = speeds(FOUND, WORDS).bars
    assert (loop.value, loop.note, loop.ours, loop.goal) == (40_000, "", False, None)
    assert (worker.value, worker.note, worker.ours, worker.goal) == (10_000, "(0.25)", True, 25_000)
    assert (sink.label, sink.note, sink.goal) == ("sink", "(1.25)", None)


def test_a_part_that_was_not_measured_has_no_bar() -> None:
    medians = {"plain_loop": FOUND["medians"]["plain_loop"]}
    assert [bar.label for bar in speeds({**FOUND, "medians": medians}, WORDS).bars] == ["loop"]


def test_stages_are_those_of_large_deliveries_in_the_order_of_the_words() -> None:
    chart = stages(FOUND, {"open": "decrypt", "append": "append", "decide": "decide"})
    assert [(bar.label, bar.value) for bar in chart.bars] == [("decrypt", 0.5), ("decide", 27.1)]
    assert "1,000 items" in chart.unit
