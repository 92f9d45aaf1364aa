"""Measure speed in one run: stages, worker, sink, both, connector, and a loop with no guarantees.

    make bench        (python -m bench.run [--rounds 3] [--deliveries 64] [--keep])

Rounds are interleaved, so that other work of the machine meets all of them, and the median counts.
Compare the ratios: seconds depend on the machine. Figures go to bench/results/own.json, which Git
ignores. With ``--keep`` they go to bench/results/latest.json, and docs/operate/speed.md shows them.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench import connector
from bench.end_to_end import LIVE_A_SECOND, LIVE_ITEMS, Load, steps
from bench.figures import Round, all_rounded, in_rounds, medians, report
from bench.machine import facts
from bench.stages import stages
from tests.support.stack import fresh_topics, one_stack
from tools import speed_page
from tools.generated import write

OWN: Final = speed_page.RESULTS.with_name("own.json")
"""Figures of this machine. The kept ones are shown by a page, so a test compares the two."""
GOALS: Final = (
    ("worker", "items_a_second", 25_000, "at least"),
    ("sink", "rows_a_second", 50_000, "at least"),
    ("worker_and_sink", "items_a_second", 20_000, "at least"),
    ("live", "p99_ms", 250, "at most"),
)
"""The design's goals, on two cores."""
SMALL_DELIVERY: Final = 100
LARGE_DELIVERY: Final = 1_000
CONSULTATIONS: Final = 20_000
"""Of the connector's short measure; ``python -m bench.connector`` takes more, in several rounds."""


def main() -> None:
    """Measure, print and write the results file; with ``--keep`` the page too."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--deliveries", type=int, default=64, help="of 1,000 items")
    parser.add_argument("--keep", action="store_true", help="as the figures of the repository")
    options = parser.parse_args()
    large = Load(options.deliveries, LARGE_DELIVERY)
    small = Load(options.deliveries * LARGE_DELIVERY // SMALL_DELIVERY, SMALL_DELIVERY)
    report("stages")
    by_stage = stages()
    with tempfile.TemporaryDirectory() as folder, one_stack(Path(folder) / "home") as settings:
        rounds = in_rounds(options.rounds, steps(settings, Path(folder), large, small))
        report("connector")
        fresh_topics(settings)
        own = Path(folder) / "connector"
        own.mkdir()
        sent = connector.measured(settings, own, rounds=1, consultations=CONSULTATIONS)
    result = _result(by_stage, rounds, large) | {"connector": sent}
    store(result, keep=options.keep)
    print(json.dumps(result, indent=2))


def store(result: dict[str, Any], *, keep: bool) -> None:
    """Write a result to the file of this machine; or to the kept one, and to its page."""
    file = speed_page.RESULTS if keep else OWN
    file.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    if keep:
        write(speed_page.files())


def _result(by_stage: Any, rounds: Sequence[Round], load: Load) -> dict[str, Any]:  # noqa: ANN401 - figures by name
    found = medians(rounds)
    plain = found["plain_loop"]["items_a_second"]
    return {
        "machine": facts(),
        "rounds": len(rounds),
        "items": load.items,
        "items_a_delivery": {"usual": LARGE_DELIVERY, "small_deliveries": SMALL_DELIVERY},
        "live": {"deliveries_a_second": LIVE_A_SECOND, "items_a_delivery": LIVE_ITEMS},
        "stages_cpu_microseconds_an_item": by_stage,
        "medians": found,
        "ratio_to_plain_loop": {
            name: round(found[name]["items_a_second"] / plain, 2)
            for name in ("worker", "worker_small_deliveries", "worker_and_sink")
        },
        "goals": [
            {
                "of": name,
                "figure": figure,
                "goal": f"{how} {goal:,}",
                "found": found[name][figure],
                "met": (found[name][figure] - goal) * (1 if how == "at least" else -1) >= 0,
            }
            for name, figure, goal, how in GOALS
        ],
        "all_rounds": all_rounded(rounds),
    }


if __name__ == "__main__":
    main()
