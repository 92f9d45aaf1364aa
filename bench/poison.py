"""Measure how long records that cannot be read delay the good ones between and behind them.

    python -m bench.poison [--rounds 3]

The bad records: undecodable ones without a key and of a known unit, decompression bombs, and one
that kills the process that decrypts it. Each round first sends good deliveries alone, and their
time is subtracted.
Goal: less than 2 s, and 60 s for the killing one. Figures go to bench/results/poison.json.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from bench.machine import machine
from kpr_stream.model.delivery import SourceRecord
from kpr_stream.settings import Settings
from tests.integration.at_work import (
    WORKER,
    AtWork,
    DeliveryPosition,
    altered,
    at_work,
    units_of_lane,
)
from tests.integration.killed_worker import SEGFAULT
from tests.integration.test_poison import BOMB_BYTES, GARBAGE, KILLED, LANE, bomb, delivery
from tests.support.stack import fresh_topics, one_stack

RESULTS: Final = Path(__file__).parent / "results" / "poison.json"
GOOD: Final = 10
"""Good deliveries in a round, each of its own unit."""
BOMBS: Final = 10
GOAL_S: Final = 2.0
GOAL_KILLING_S: Final = 60.0

MakeBad = Callable[[AtWork, str], Sequence[SourceRecord]]
"""Makes the bad records of a round, for a unit that sends no good ones."""


def without_key(work: AtWork, unit: str) -> list[SourceRecord]:
    """Random bytes without a key."""
    like = delivery(work, unit)
    none = SourceRecord(
        topic_index=like.topic_index, partition=LANE, offset=0, received_at=0, key=None, value=None
    )
    return [altered(none, os.urandom(20)) for _ in range(GARBAGE)]


def of_a_unit(work: AtWork, unit: str) -> list[SourceRecord]:
    """Random bytes under the key of a unit."""
    return [altered(delivery(work, unit), os.urandom(20))] * GARBAGE


def bombs(work: AtWork, unit: str) -> list[SourceRecord]:
    """Deliveries of about 1 MB that inflate to a gigabyte."""
    payload = bomb()
    return [
        delivery(work, unit, payload=payload, item_count=1, attempt=n + 1) for n in range(BOMBS)
    ]


def killing(work: AtWork, unit: str) -> list[SourceRecord]:
    """A delivery that ends the process with a segmentation fault."""
    return [delivery(work, unit, software_version=SEGFAULT)]


async def one_round(
    settings: Settings,
    folder: Path,
    group: str,
    make_bad: MakeBad,
    **how: Any,  # noqa: ANN401 - options of at_work
) -> dict[str, float]:
    """Return the longest time to a receipt: good deliveries alone, then mixed with bad ones."""
    bad_unit, *units = units_of_lane(LANE, 1 + GOOD)
    async with at_work(settings, folder, group=group, **how) as work:

        def good(sequence: int) -> list[SourceRecord]:
            return [delivery(work, unit, sequence) for unit in units]

        async def longest(records: Sequence[SourceRecord], wanted: slice) -> float:
            places = await work.vendors.send(*records)
            mine: list[DeliveryPosition] = places[wanted]
            await work.receipts.of(*mine)
            return max(work.receipts.at[p] - work.vendors.sent[p] for p in mine)

        await longest(good(1), slice(None))
        alone = await longest(good(2), slice(None))
        bad = list(make_bad(work, bad_unit))
        half, few = len(bad) // 2, GOOD // 2
        mixed = good(3)
        between = [*bad[:half], *mixed[:few], *bad[half:], *mixed[few:]]
        places = await work.vendors.send(*between)
        answers = await work.receipts.of(*places)
        wanted = {*places[half : half + few], *places[len(bad) + few :]}
        late = max(work.receipts.at[p] - work.vendors.sent[p] for p in wanted)
        if sum(a["status"] == "processed" for a in answers) != GOOD:
            raise SystemExit("a good delivery was not processed")
        return {"alone": alone, "beside": late}


CASES: Final[dict[str, tuple[MakeBad, dict[str, Any], float]]] = {
    f"{GARBAGE:,} undecodable records of nobody": (without_key, {}, GOAL_S),
    f"{GARBAGE:,} undecodable records of a known unit": (of_a_unit, {}, GOAL_S),
    f"{BOMBS} bombs of {BOMB_BYTES // 10**9} GB": (bombs, {}, GOAL_S),
    "a killing record, one worker": (killing, {"command": KILLED}, GOAL_KILLING_S),
    "a killing record, two workers": (killing, {"command": KILLED, "workers": 2}, GOAL_KILLING_S),
}


async def measure(settings: Settings, folder: Path, rounds: int, only: str) -> list[dict[str, Any]]:
    """Measure every case, with fresh topics in each round."""
    found = []
    for number, (name, (make_bad, how, goal)) in enumerate(CASES.items()):
        if only not in name:
            continue
        delays, alone = [], []
        for again in range(rounds):
            await asyncio.to_thread(fresh_topics, settings)
            group = f"kpr-hst-poison-{number}-{again}"
            took = await one_round(settings, folder, group, make_bad, **{"command": WORKER, **how})
            alone.append(took["alone"])
            delays.append(took["beside"] - took["alone"])
            print(f"{name}: {delays[-1]:.2f} s", file=sys.stderr)
        found.append(
            {
                "what": name,
                "goal_seconds": goal,
                "delay_seconds": [round(d, 2) for d in delays],
                "longest_seconds": round(max(delays), 2),
                "good_alone_seconds": round(max(alone), 2),
            }
        )
    return found


def main() -> None:
    """Measure on a stack of its own. Exit code 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="cases whose name has this; writes nothing")
    options = parser.parse_args()
    machine_then = machine()
    with tempfile.TemporaryDirectory() as name, one_stack(Path(name)) as settings:
        cases = asyncio.run(measure(settings, Path(name), options.rounds, options.only))
    result = {
        **machine_then,
        "rounds": options.rounds,
        "cases": cases,
    }
    if not options.only:
        RESULTS.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    print(json.dumps(result))
    sys.exit(any(case["longest_seconds"] > case["goal_seconds"] for case in cases))


if __name__ == "__main__":
    main()
