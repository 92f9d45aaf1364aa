"""Give the benchmarks of this folder one way to be called, and a stack to run on."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.figures import store
from bench.machine import facts
from kpr_stream.settings import Settings
from tests.support.stack import one_stack

Measure = Callable[[Settings, Path, argparse.Namespace], Mapping[str, Any]]
"""Gets the stack, a folder of its own, and the options; returns the results."""


def parser(description: str | None, *, rounds: int = 3) -> argparse.ArgumentParser:
    """Return a parser with the options that every benchmark has."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--rounds", type=int, default=rounds, help="interleaved; the median counts")
    made.add_argument("--keep", action="store_true", help="as the figures of the repository")
    return made


def run_on_a_stack(name: str, options: argparse.Namespace, measure: Measure) -> None:
    """Measure on a stack that is made for it; print the results and write their file."""
    machine = facts()
    with (
        tempfile.TemporaryDirectory(prefix="kpr-bench-") as folder,
        one_stack(Path(folder) / "home") as settings,
    ):
        found = {"machine": machine, **measure(settings, Path(folder), options)}
    store(name, found, keep=options.keep)
    print(json.dumps(found, indent=2))
