"""Measure a worker over deliveries of 1, 10, 100 and 1,000 items.

    python -m bench.full.sizes [--rounds 3] [--items 64000] [--deliveries 4000] [--keep]

``--items`` are sent in deliveries of each size, in at most ``--deliveries`` of them. Every
delivery leaves a receipt, which this benchmark reads beside the worker: with small deliveries that
takes a part of the second core. Rounds are interleaved and the median counts.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.end_to_end import Load, worker_alone
from bench.figures import Figures, all_rounded, in_rounds, medians
from bench.full.options import parser, run_on_a_stack
from kpr_stream.settings import Settings

SIZES: Final = (1, 10, 100, 1_000)


def loads(items: int, deliveries: int) -> list[Load]:
    """Return the load of each size."""
    return [Load(min(deliveries, max(1, items // each)), each) for each in SIZES]


def with_deliveries(figures: Figures, each: int) -> Figures:
    """Return the figures with deliveries as well as items."""
    return figures | {
        "deliveries_a_second": round(figures["items_a_second"] / each, 1),
        "cpu_microseconds_a_delivery": round(figures["cpu_microseconds_an_item"] * each),
    }


def measure(settings: Settings, folder: Path, options: argparse.Namespace) -> Mapping[str, Any]:
    """Return the results."""
    chosen = loads(options.items, options.deliveries)
    steps = [(str(load.each), partial(worker_alone, settings, folder, load)) for load in chosen]
    rounds = in_rounds(options.rounds, steps)
    found = {each: with_deliveries(figures, int(each)) for each, figures in medians(rounds).items()}
    most = found[str(SIZES[-1])]["items_a_second"]
    return {
        "rounds": options.rounds,
        "deliveries": {str(load.each): load.deliveries for load in chosen},
        "medians_by_items_a_delivery": found,
        "ratio_to_the_largest": {
            each: round(figures["items_a_second"] / most, 3) for each, figures in found.items()
        },
        "all_rounds": all_rounded(rounds),
    }


def main() -> None:
    """Measure, print and write the results file."""
    made = parser(__doc__)
    made.add_argument("--items", type=int, default=64_000, help="at most, for each size")
    made.add_argument("--deliveries", type=int, default=4_000, help="at most, for each size")
    run_on_a_stack("sizes", made.parse_args(), measure)


if __name__ == "__main__":
    main()
