"""The charts of docs/operate/peers.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.charts.bars import Bar, Chart

OURS = "ours"
"""How the names of our own ways begin."""


def peers(size: str, own: Mapping[str, Any], words: Mapping[str, str], rounds: int) -> Chart:
    """Items a second of every peer that ran, the fastest first.

    ``own`` are the figures of one size of deliveries; ``words`` the names of the bars.
    """
    ratios = own["ratio_to_plain_loop"]
    measured = "one round" if rounds == 1 else f"median of {rounds} rounds"
    speeds = {name: found["items_a_second"] for name, found in own["medians"].items()}
    return Chart(
        title=f"Items per second, {int(size):,} items a delivery",
        unit=f"{measured} (ratio to the plain loop)",
        bars=tuple(
            Bar(
                label=words[name],
                value=speeds[name],
                note=f"({ratios[name]:.2f})" if name in ratios else "",
                ours=name.startswith(OURS),
            )
            for name in sorted(speeds, key=lambda name: -speeds[name])
        ),
    )
