"""Measure a worker over histories of different length, which its ledgers hold.

    python -m bench.full.growth [--rounds 3] [--history 10000 100000 1000000 5000000] [--keep]

A worker receives the first deliveries of all units. What it remembers of them, and made-up entries
of as many other items as a history has (``history.py``), become ledgers: one set for each history.
Then a worker receives later deliveries over a copy of each: one item in twenty is of the first
deliveries again, half of the others are of persons who were in these, the rest are of new persons.
Rounds are interleaved and the median counts. The ledgers' files are in the page cache, as they are
after a copy.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, Final

from bench.end_to_end import Load, answering, places, worker
from bench.figures import Figures, all_rounded, in_rounds, medians, report
from bench.full.history import fill, lane_ledger, read_known
from bench.full.options import parser, run_on_a_stack
from bench.usage import folder_bytes
from bench.visits import later_visits, visits
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.model.words import Outcome
from kpr_stream.processor.adapters.ledger import LedgerMemory
from kpr_stream.settings import Settings
from tests.integration.at_work import AtWork

HISTORIES: Final = (10_000, 100_000, 1_000_000, 5_000_000)
NAME: Final = "grown"
"""The worker's name, and so the folder of its ledgers."""
TURNS: Final = 2
"""Later deliveries of each unit."""
AGAIN: Final = 20
"""One of so many items was sent before."""


@dataclass(frozen=True)
class LaterLoad(Load):
    """Deliveries that follow a first one of each unit, of as many items."""

    @property
    def first_sequence(self) -> int:
        """Return the sequence number after the first deliveries."""
        return 2

    @property
    def again(self) -> int:
        """Return how many items of a delivery were sent before."""
        return self.each // AGAIN

    def items_of(self, number: int) -> list[dict[str, Any]]:
        """Return the items of a delivery."""
        turn, place = divmod(number, len(places()))
        first, known = place * self.each, (self.each - self.again) // 2
        new = self.each - self.again - known
        return [
            *visits(self.again, first),
            *later_visits(known, first, 2 * turn),
            *visits(new, (len(places()) + number) * self.each),
        ]


def measure(settings: Settings, folder: Path, options: argparse.Namespace) -> Mapping[str, Any]:
    """Return the results."""
    first = Load(len(places()), options.each)
    later = LaterLoad(TURNS * len(places()), options.each)
    (folder / "first").mkdir()
    known = asyncio.run(_received(settings, folder / "first", first))
    for items in options.history:
        began = monotonic()
        fill(folder / str(items) / NAME, items, known)
        report(f"a history of {items:,} items is made in {monotonic() - began:.0f} s")
    steps = [
        (str(items), partial(_over, settings, folder / str(items), later))
        for items in options.history
    ]
    rounds = in_rounds(options.rounds, steps)
    found = medians(rounds)
    least = found[str(options.history[0])]["items_a_second"]
    return {
        "rounds": options.rounds,
        "items": later.items,
        "items_a_delivery": options.each,
        "items_sent_again": later.deliveries * later.again,
        "history_is_made_by": "the ledger's own code, from headers with random keys",
        "medians_by_items_of_history": found,
        "ratio_to_the_shortest_history": {
            items: round(one["items_a_second"] / least, 2) for items, one in found.items()
        },
        "all_rounds": all_rounded(rounds),
    }


async def _received(settings: Settings, folder: Path, load: Load) -> Any:  # noqa: ANN401 - entries by lane
    """Let a worker receive deliveries; return what it remembers of them."""
    await load.send(settings)
    async with worker(settings, folder, **_ledgers(folder)) as work:
        await answering(work, load)
    return read_known(folder / NAME)


async def _over(settings: Settings, history: Path, load: LaterLoad) -> Figures:
    """Measure a worker over a copy of a history."""
    copy = history.with_name(f"{history.name}-copy")
    shutil.copytree(history, copy)
    try:
        await load.send(settings)
        async with worker(settings, copy, **_ledgers(copy)) as work:
            found = await answering(work, load)
            _check(work, load)
        return found | {
            "ledger_entries": _entries(copy / NAME),
            "ledger_mb_on_disk": folder_bytes(copy / NAME) / 1e6,
        }
    finally:
        shutil.rmtree(copy)


def _ledgers(folder: Path) -> dict[str, str]:
    return {"KPR_LEDGER_DIR": str(folder), "KPR_INSTANCE": NAME}


def _check(work: AtWork, load: LaterLoad) -> None:
    """SystemExit unless the worker knew exactly what was sent before."""
    counts = [answer["counts"] for (answer,) in work.receipts.answers.values()]
    found = sum(one[Outcome.DUPLICATE] for one in counts)
    if found != load.deliveries * load.again:
        raise SystemExit(f"{found} duplicates, not {load.deliveries * load.again}: {counts[0]}")


def _entries(folder: Path) -> int:
    """Return about how many entries the ledgers of a worker have."""
    memory, found = LedgerMemory(), 0
    for lane in range(PARTITIONS):
        ledger = lane_ledger(folder, lane, memory)
        found += ledger.entry_count()
        ledger.close()
    return found


def main() -> None:
    """Measure, print and write the results file."""
    made = parser(__doc__)
    made.add_argument("--history", type=int, nargs="+", default=HISTORIES, help="items")
    made.add_argument("--each", type=int, default=1_000, help="items a delivery, in twenties")
    run_on_a_stack("growth", made.parse_args(), measure)


if __name__ == "__main__":
    main()
