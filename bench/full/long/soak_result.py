"""Make the results of a soak from its samples and its deliveries. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any, Final, NamedTuple

from bench.figures import percentile, rounded, rounded_all
from bench.full.long.samples import Sample, peaks
from bench.full.long.trend import trend

MINUTE_S: Final = 60.0
MEMORY_WITHIN, FILES_WITHIN, LATENCY_WITHIN = 0.02, 0.02, 0.1
"""What counts as flat: the share of its mean by which a figure may change in the second half."""
PERCENTS: Final = (50, 99)


class Answered(NamedTuple):
    """A delivery that was answered."""

    at: float
    """Seconds from the beginning until it was sent."""
    ms: float
    """From the broker's confirmation to its receipt."""


def result(
    samples: Sequence[Sample], answered: Sequence[Answered], window_s: float = MINUTE_S
) -> dict[str, Any]:
    """Return what each window and the second half show."""
    windows = by_window(answered, window_s)
    return {
        "seconds": round(samples[-1]["seconds"]),
        "deliveries": len(answered),
        "ms_to_receipt": {f"p{p}": rounded(percentile(_ms(answered), p)) for p in PERCENTS},
        "window_seconds": window_s,
        "windows": [_window(found, _within(samples, at, window_s)) for at, found in windows],
        "peak_mb": peaks(samples, "memory_mb"),
        "second_half": {
            "memory_mb": _trends(samples, "memory_mb", MEMORY_WITHIN),
            "open_files": _trends(samples, "open_files", FILES_WITHIN),
            "ms_to_receipt": {
                f"p{p}": trend(
                    [at for at, _ in windows],
                    [percentile(_ms(found), p) for _, found in windows],
                    LATENCY_WITHIN,
                )
                for p in PERCENTS
            },
        },
        "ledger_mb": rounded_all(
            {"beginning": samples[0]["ledger_mb"], "end": samples[-1]["ledger_mb"]}
        ),
    }


def by_window(
    answered: Iterable[Answered], window_s: float
) -> list[tuple[float, Sequence[Answered]]]:
    """Return the deliveries of each window, by the second in which it begins."""
    found: dict[int, list[Answered]] = defaultdict(list)
    for one in answered:
        found[int(one.at // window_s)].append(one)
    return [(number * window_s, found[number]) for number in sorted(found)]


def _window(answered: Sequence[Answered], samples: Sequence[Sample]) -> dict[str, Any]:
    shown: dict[str, Any] = {f"p{p}_ms": rounded(percentile(_ms(answered), p)) for p in PERCENTS}
    shown["deliveries"] = len(answered)
    if samples:
        shown |= {what: _medians(samples, what) for what in ("memory_mb", "open_files")}
        shown["ledger_mb"] = rounded(samples[-1]["ledger_mb"])
    return shown


def _within(samples: Sequence[Sample], since: float, window_s: float) -> list[Sample]:
    return [one for one in samples if since <= one["seconds"] < since + window_s]


def _medians(samples: Sequence[Sample], what: str) -> dict[str, float]:
    return {name: median(one[what].get(name, 0) for one in samples) for name in samples[0][what]}


def _trends(samples: Sequence[Sample], what: str, within: float) -> Mapping[str, Any]:
    seconds = [one["seconds"] for one in samples]
    return {
        name: trend(seconds, [one[what].get(name, 0) for one in samples], within)
        for name in samples[-1][what]
    }


def _ms(answered: Iterable[Answered]) -> list[float]:
    return [one.ms for one in answered]
