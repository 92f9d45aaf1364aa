"""Draw random numbers that are the same in any process, on any platform, in any NumPy.

Only the raw 64-bit stream of Philox is used, which NumPy promises never to change, and only
integer arithmetic on it: no float, no library function whose last bit depends on the machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
PER = 1_000_000
"""Shares are parts of a million."""
_UPPER = np.uint64(32)
_NORMAL_BITS = 14


class Purpose(IntEnum):
    """What is drawn. Each purpose has its own stream, and a number never changes its meaning."""

    PEOPLE = 1
    EXCHANGE = 2
    HEALTH_STATION = 3
    SCHOOL = 4
    YOUTH = 5
    PREGNANCY = 6
    MEASURE = 7
    FAULTS = 8
    HISTORY = 9
    CHANGE_OF_EPJ = 10
    APPOINTMENTS = 12
    EXTRA = 13


@dataclass(frozen=True, slots=True)
class Draw:
    """A random stream. Every method uses its next numbers."""

    bits: np.random.Philox

    def below(self, limits: int | Ints, size: int) -> Ints:
        """Draw whole numbers from 0 to below ``limits`` (1 to 2**32 - 1), evenly."""
        raw = np.asarray(self.bits.random_raw(size), dtype=np.uint64) >> _UPPER
        return ((raw * np.asarray(limits, dtype=np.uint64)) >> _UPPER).astype(np.int64)

    def between(self, low: int, high: int, size: int) -> Ints:
        """Draw whole numbers from ``low`` to ``high``, both included, evenly."""
        return low + self.below(high - low + 1, size)

    def chance(self, per_million: int | Ints, size: int) -> Bools:
        """Draw truth values that are true in ``per_million`` of a million."""
        return self.below(PER, size) < per_million

    def among(self, weights: Sequence[int], size: int) -> Ints:
        """Draw indices into ``weights`` in their proportions."""
        ends = np.cumsum(np.asarray(weights, dtype=np.int64))
        return np.searchsorted(ends, self.below(int(ends[-1]), size), side="right")

    def normal(self, size: int) -> Ints:
        """Draw standard normal deviates in thousandths, at most some 4,000 away from 0."""
        return _normal_table()[self.below(1 << _NORMAL_BITS, size)]


def stream(seed: int, place: int, purpose: Purpose) -> Draw:
    """Return the stream of one purpose in one place. All arguments are whole numbers from 0."""
    key = np.array([seed, (place << 16) + purpose], dtype=np.uint64)
    return Draw(np.random.Philox(key=key))


def below_of(numbers: Ints, seed: int, nth: int, limits: int | Ints) -> Ints:
    """Draw whole numbers from 0 to below ``limits`` that depend on each number alone.

    The same person draws the same in every place. ``nth`` distinguishes draws. The method is the
    finaliser of SplitMix64.
    """
    odd = 0x9E3779B97F4A7C15
    salt = np.uint64((seed * 64 + nth + 1) * odd % 2**64)
    mixed = np.asarray(numbers, dtype=np.uint64) * np.uint64(odd) + salt
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    raw = (mixed ^ (mixed >> np.uint64(31))) >> _UPPER
    return ((raw * np.asarray(limits, dtype=np.uint64)) >> _UPPER).astype(np.int64)


@cache
def _normal_table() -> Ints:
    # Rounding to thousandths hides the last bits, which differ between libraries. A test measures
    # the margin.
    count = 1 << _NORMAL_BITS
    deviates = (NormalDist().inv_cdf((n + 0.5) / count) for n in range(count))
    return np.array([round(1000 * z) for z in deviates], dtype=np.int64)
