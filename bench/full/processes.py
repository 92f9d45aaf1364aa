"""Measure one worker process and two on this machine, alone and with the content sink.

    python -m bench.full.processes [--rounds 3] [--deliveries 128] [--processes 1 2] [--keep]

`kpr-stream worker --processes N` over deliveries of 1,000 items. What is measured begins when every
process serves its lanes; ``end_to_end`` ends when the rows are in the database. Broker, database
and the reader of receipts share the cores. Rounds are interleaved and the median counts.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from time import monotonic
from typing import Any, Final

import asyncpg

from bench.end_to_end import (
    Load,
    answering,
    count_rows,
    fresh_database,
    running,
    until,
    wait_for_rows,
    worker,
)
from bench.figures import Figures, all_rounded, in_rounds, medians
from bench.full.options import parser, run_on_a_stack
from kpr_stream.database.access import postgres_dsn
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.settings import Settings
from tests.integration.at_work import WORKER, AtWork

COUNTS: Final = (1, 2)
OPENED: Final = re.compile(r"lanes \[([\d, ]*)\] are open after")
"""How a worker's log says which lanes it has opened."""
ALONE, END_TO_END = "worker_alone", "end_to_end"


def measure(settings: Settings, folder: Path, options: argparse.Namespace) -> Mapping[str, Any]:
    """Return the results."""
    load = Load(options.deliveries, options.each)
    steps = []
    for count in options.processes:
        steps += [
            (f"{ALONE}_{count}", partial(_alone, settings, folder, load, count)),
            (f"{END_TO_END}_{count}", partial(_end_to_end, settings, folder, load, count)),
        ]
    rounds = in_rounds(options.rounds, steps)
    found = medians(rounds)
    return {
        "rounds": options.rounds,
        "items": load.items,
        "items_a_delivery": options.each,
        "medians": found,
        "ratio_to_one_process": ratios(found, options.processes),
        "all_rounds": all_rounded(rounds),
    }


def ratios(found: Mapping[str, Figures], counts: tuple[int, ...]) -> dict[str, dict[str, float]]:
    """Return the speed of each number of processes by that of the first number."""
    speed = {name: figures["items_a_second"] for name, figures in found.items()}
    return {
        way: {str(n): round(speed[f"{way}_{n}"] / speed[f"{way}_{counts[0]}"], 2) for n in counts}
        for way in (ALONE, END_TO_END)
    }


@asynccontextmanager
async def _serving(settings: Settings, folder: Path, count: int) -> AsyncIterator[AtWork]:
    """Run so many worker processes; every one has opened its share of the lanes."""
    command = (*WORKER, "--processes", str(count))
    async with worker(settings, folder, command) as work:
        await until(lambda: shared(work.log.read_text("utf-8"), count))
        yield work


def shared(log: str, count: int) -> bool:
    """Return whether the lanes that ``count`` workers opened last are all lanes, each once."""
    opened = [re.findall(r"\d+", lanes) for lanes in OPENED.findall(log)][-count:]
    every = sorted(map(int, chain(*opened)))
    return len(opened) == count and every == list(range(PARTITIONS))


async def _alone(settings: Settings, folder: Path, load: Load, count: int) -> Figures:
    await load.send(settings)
    async with _serving(settings, folder, count) as work:
        return await answering(work, load)


async def _end_to_end(settings: Settings, folder: Path, load: Load, count: int) -> Figures:
    await fresh_database(settings)
    await load.send(settings)
    async with running("kpr_stream", "sink", "content", home=settings.home):
        database = await asyncpg.connect(postgres_dsn(settings, "content_sink").get_secret_value())
        try:
            async with _serving(settings, folder, count):
                began, before = monotonic(), await count_rows(database)
                await wait_for_rows(database, load.items)
                return {"items_a_second": (load.items - before) / (monotonic() - began)}
        finally:
            await database.close()


def main() -> None:
    """Measure, print and write the results file."""
    made = parser(__doc__)
    made.add_argument("--deliveries", type=int, default=128)
    made.add_argument("--each", type=int, default=1_000, help="items a delivery")
    made.add_argument("--processes", type=int, nargs="+", default=COUNTS)
    run_on_a_stack("processes", made.parse_args(), measure)


if __name__ == "__main__":
    main()
