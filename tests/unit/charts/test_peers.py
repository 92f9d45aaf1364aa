"""The chart of peers has each that ran, the fastest first, and ours marked."""

from __future__ import annotations

from typing import Any

from tools.charts.peers import peers

WORDS = {"plain-loop": "plain loop", "kafka-streams": "Kafka Streams", "ours-bare": "ours"}
OWN: dict[str, Any] = {
    "medians": {
        "kafka-streams": {"items_a_second": 30_000},
        "plain-loop": {"items_a_second": 40_000},
        "ours-bare": {"items_a_second": 35_000},
    },
    "ratio_to_plain_loop": {"plain-loop": 1.0, "kafka-streams": 0.75},
}


def test_the_fastest_is_first_and_ours_are_marked() -> None:
    chart = peers("1000", OWN, WORDS, 3)
    found = [(bar.label, bar.value, bar.note, bar.ours) for bar in chart.bars]
    assert found == [
        ("plain loop", 40_000, "(1.00)", False),
        ("ours", 35_000, "", True),
        ("Kafka Streams", 30_000, "(0.75)", False),
    ]
    assert "1,000 items a delivery" in chart.title
    assert "median of 3 rounds" in chart.unit
