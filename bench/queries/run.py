"""Measure what analysts and the report ask of 5,000,000 consultations, and what a refresh costs.

    python -m bench.queries.run [--rows 5000000] [--home FOLDER]

Starts PostgreSQL alone, with the settings of the embedded stack, fills it (bench/queries/fill.py)
and asks every question: each five times, the median counts, and once with EXPLAIN. Then it measures
refreshes, after a short and a long history of the same nation. With ``--home`` the filled databases
are kept there and used again. Writes bench/results/queries.json.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from bench.machine import machine
from bench.queries.ask import ask_all
from bench.queries.change import measure_refreshes
from bench.queries.fill import fill_quickly
from bench.queries.questions import GOAL_MS
from kpr_stream.embedded.start import running_stack
from kpr_stream.reference import load_reference
from kpr_stream.settings import Settings
from tests.support.stack import stack_settings

RESULTS: Final = Path(__file__).parents[1] / "results" / "queries.json"
SHORT: Final = 50
"""A history that is shorter by this factor, to compare refreshes with."""
FILLED: Final = "filled.json"
"""In a kept folder: the database is filled, and what filling it took."""


def main() -> None:
    """Fill, measure, print and write the results file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    found: dict[str, Any] = {
        "machine": machine(),
        "rows": options.rows,
        "goal_ms": GOAL_MS,
        "fill_seconds": {},
    }
    refreshes: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for rows in (options.rows // SHORT, options.rows):
            with database_alone((options.home or Path(folder)) / str(rows)) as settings:
                found["fill_seconds"][rows] = asyncio.run(filled(settings, rows, options.rows))
                if rows == options.rows:
                    found["questions"] = asyncio.run(ask_all(settings))
                refreshes[str(rows)] = asyncio.run(measure_refreshes(settings, load_reference()))
    RESULTS.write_text(json.dumps({**found, "refresh": refreshes}, indent=2) + "\n", "utf-8")
    print(json.dumps(refreshes))


async def filled(settings: Settings, rows: int, nation: int) -> dict[str, float]:
    """Fill the database unless it is; return the seconds of each part."""
    note = settings.home / FILLED
    if not note.exists():
        seconds = await fill_quickly(settings, load_reference(), rows, nation)
        note.write_text(json.dumps({"seconds": seconds}), "utf-8")
    found: dict[str, float] = json.loads(note.read_text("utf-8"))["seconds"]
    return found


@contextmanager
def database_alone(home: Path) -> Iterator[Settings]:
    """Run PostgreSQL of the embedded stack without a broker, for the length of the block."""
    settings = stack_settings(home)
    # An address that nobody connects to: the stack starts no broker of its own then.
    with running_stack(settings.model_copy(update={"kafka_bootstrap": "127.0.0.1:9"})):
        yield settings


if __name__ == "__main__":
    main()
