"""The charts of docs/operate/speed.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tools.charts.bars import Bar, Chart


def speeds(found: Mapping[str, Any], words: Mapping[str, str]) -> Chart:
    """Items or rows a second, beside the loop without guarantees. ``words``: names of the bars."""
    return Chart(
        title="Speed, compared with a loop without guarantees",
        unit=f"items per second, median of {found['rounds']} rounds (ratio to the loop)",
        bars=tuple(_speeds(found, words)),
    )


def _speeds(found: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[Bar]:
    plain = found["medians"]["plain_loop"]["items_a_second"]
    goals = {
        goal["of"]: float(goal["goal"].rpartition(" ")[2].replace(",", ""))
        for goal in found["goals"]
        if goal["figure"].endswith("_a_second")
    }
    for name, label in words.items():
        figures = found["medians"].get(name, {})
        value = figures.get("items_a_second", figures.get("rows_a_second"))
        if value is not None:
            ours = name != "plain_loop"
            yield Bar(
                label=label.partition(", until")[0],
                value=value,
                note=f"({value / plain:.2f})" if ours else "",
                ours=ours,
                goal=goals.get(name),
            )


def stages(found: Mapping[str, Any], words: Mapping[str, str]) -> Chart:
    """CPU time of an item by stage, in large deliveries. ``words``: names of the stages."""
    items, by_stage = list(found["stages_cpu_microseconds_an_item"].items())[-1]
    return Chart(
        title="Where a worker's time goes",
        unit=f"CPU microseconds per item, deliveries of {int(items):,} items",
        bars=tuple(
            Bar(label=label, value=by_stage[stage], ours=True)
            for stage, label in words.items()
            if stage in by_stage
        ),
    )
