"""Measure steps in interleaved rounds, and keep their figures."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

RESULTS: Final = Path(__file__).parent / "results"
Figures = dict[str, float]
Step = Callable[[], Coroutine[None, None, Figures]]
Round = Mapping[str, Figures]


def in_rounds(count: int, steps: Sequence[tuple[str, Step]]) -> list[Round]:
    """Return the figures of each step in each round: every round measures all steps, in order."""
    rounds: list[Round] = []
    for number in range(count):
        found: dict[str, Figures] = {}
        for name, step in steps:
            found[name] = asyncio.run(step())
            report(f"round {number + 1} of {count}: {name} {_shown(found[name])}")
        rounds.append(found)
    return rounds


def medians(rounds: Sequence[Round]) -> dict[str, Figures]:
    """Return the median of every figure over the rounds."""
    return {
        name: {figure: rounded(median(r[name][figure] for r in rounds)) for figure in figures}
        for name, figures in rounds[0].items()
    }


def all_rounded(rounds: Sequence[Round]) -> list[dict[str, Figures]]:
    """Return every round as a results file has it."""
    return [{name: rounded_all(figures) for name, figures in one.items()} for one in rounds]


def rounded_all(figures: Mapping[str, float]) -> Figures:
    """Return figures as a results file has them."""
    return {name: rounded(value) for name, value in figures.items()}


def rounded(figure: float) -> float:
    """Return a figure without the digits that mean nothing."""
    return round(figure) if figure >= 1_000 else round(figure, 1)


def percentile(values: Sequence[float], percent: int) -> float:
    """Return a percentile of values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def store(name: str, found: Mapping[str, Any], *, keep: bool) -> Path:
    """Write figures to the kept file of this name, or to the ignored one of this machine."""
    file = RESULTS / f"{'' if keep else 'own_'}{name}.json"
    file.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    return file


def report(what: str) -> None:
    """Print what happens, for somebody who waits."""
    print(what, file=sys.stderr, flush=True)


def _shown(figures: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {rounded(value):,}" for name, value in figures.items())
