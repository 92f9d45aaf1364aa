"""Make the results of a nation's run from its samples. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from bench.figures import rounded
from bench.full.long.samples import Sample, peaks

PARTS = 10


def result(items: int, samples: Sequence[Sample]) -> dict[str, Any]:
    """Return speed, memory and disk. The last sample is of the end, when all rows are there."""
    answered_s = _seconds_at(samples, items)
    stored_s = samples[-1]["seconds"]
    return {
        "items": items,
        "hours_until_answered": round(answered_s / 3600, 3),
        "hours_until_stored": round(stored_s / 3600, 3),
        "items_a_second": round(items / stored_s),
        "items_a_second_answered": round(items / answered_s),
        "items_a_second_by_tenth": by_part(items, samples),
        "peak_mb": _peak_mb(samples),
        "disk_mb": next(one["disk_mb"] for one in reversed(samples) if "disk_mb" in one),
    }


def by_part(items: int, samples: Sequence[Sample], parts: int = PARTS) -> list[int]:
    """Return the answered items a second of each part of the way."""
    times = [0.0, *(_seconds_at(samples, items * n / parts) for n in range(1, parts + 1))]
    return [round(items / parts / (until - since)) for since, until in pairwise(times)]


def progress(
    now: tuple[float, int], last: tuple[float, int], items: int, memory_mb: Mapping[str, float]
) -> str:
    """Return a line for somebody who waits. ``now`` and ``last`` are seconds and answered items."""
    seconds, answered = now
    rate = (answered - last[1]) / max(seconds - last[0], 1e-9)
    whole = answered / seconds if seconds else 0.0
    left = f"{(items - answered) / whole / 60:.0f} min left" if answered else "not begun"
    memory = ", ".join(f"{name} {rounded(mb):,} MB" for name, mb in memory_mb.items())
    return (
        f"{seconds / 60:.1f} min: {answered:,} of {items:,} items ({answered / items:.1%}), "
        f"{rate:,.0f}/s now, {whole:,.0f}/s in all, {left}; {memory}"
    )


def _seconds_at(samples: Sequence[Sample], answered: float) -> float:
    """Return when so many items were answered, between two samples by a straight line."""
    before = (0.0, 0)
    for one in samples:
        after = (float(one["seconds"]), int(one["answered"]))
        if after[1] >= answered:
            share = (answered - before[1]) / max(after[1] - before[1], 1)
            return before[0] + share * (after[0] - before[0])
        before = after
    raise ValueError(f"only {before[1]} of {answered:.0f} items are answered")


def _peak_mb(samples: Sequence[Sample]) -> dict[str, float]:
    """Return the peak of each process. The database's many processes share most of theirs."""
    own, at_once = peaks(samples, "peak_mb"), peaks(samples, "memory_mb")
    return own | {"database": at_once["database"]}
