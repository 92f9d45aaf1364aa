"""Say whether a figure grows: a line through the second half of a run, by least squares."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, linear_regression
from typing import Any

HOUR_S = 3600.0


def trend(seconds: Sequence[float], values: Sequence[float], flat_within: float) -> dict[str, Any]:
    """Return mean and slope of the second half, and whether it is flat.

    The change is that of the line, from the beginning of the half to its end. Flat: at most
    ``flat_within`` of the mean, in either direction.
    """
    half = seconds[0] + (seconds[-1] - seconds[0]) / 2
    late = [(at, value) for at, value in zip(seconds, values, strict=True) if at >= half]
    mean = fmean(value for _, value in late)
    slope = 0.0
    if len({at for at, _ in late}) > 1:
        slope = linear_regression(*zip(*late, strict=True)).slope
    change = slope * (late[-1][0] - late[0][0])
    return {
        "mean": round(mean, 2),
        "slope_an_hour": round(slope * HOUR_S, 3),
        "change": round(change / mean, 4) if mean else 0.0,
        "flat": abs(change) <= flat_within * mean,
    }
