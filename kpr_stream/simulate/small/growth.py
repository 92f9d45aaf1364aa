"""Give plausible sizes of children: a rough mean by age with a little spread.

The figures are our own round ones, well within any published curve. They are no growth reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from random import Random

_MIDDLE: tuple[tuple[int, float, float, float], ...] = (
    # age in days, grams, millimetres, millimetres of head circumference
    (0, 3400, 500, 345),
    (30, 4300, 540, 370),
    (91, 6200, 605, 402),
    (183, 7700, 668, 430),
    (365, 9400, 752, 457),
    (731, 12000, 870, 480),
    (1461, 16300, 1030, 505),
    (2374, 22000, 1190, 520),
    (4931, 47000, 1580, 545),
    (7300, 65000, 1730, 560),
)


@dataclass(frozen=True, slots=True)
class Size:
    """Grams and millimetres, with lengths in whole or half centimetres."""

    weight_g: int
    length_mm: int
    head_mm: int


def size_at(random: Random, age_days: int) -> Size:
    """Return the size of a child of an age, within about two standard deviations of the mean."""
    weight, length, head = _middle(age_days)
    bigger = max(-2.0, min(2.0, random.gauss(0, 1)))
    return Size(
        round(weight * (1 + 0.09 * bigger) / 10) * 10,
        round(length * (1 + 0.025 * bigger) / 5) * 5,
        round(head * (1 + 0.02 * bigger)),
    )


def _middle(age_days: int) -> tuple[float, float, float]:
    for (from_day, *low), (to_day, *high) in pairwise(_MIDDLE):
        if age_days <= to_day:
            part = max(0, age_days - from_day) / (to_day - from_day)
            weight, length, head = (a + part * (b - a) for a, b in zip(low, high, strict=True))
            return weight, length, head
    return _MIDDLE[-1][1], _MIDDLE[-1][2], _MIDDLE[-1][3]
