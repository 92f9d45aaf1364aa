"""Compare the work for an input with the work for one 16 times as long.

The work may grow with the length of what a sender writes, not faster. Work that grows with the
square of the length would be 256 times as much.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import sha256
from typing import Final

LENGTHENED: Final = 16
"""How many times as long the longer input is."""
MOST_RATIO: Final = 24
"""Linear work has a ratio of 16 or less; the rest is for memory that no longer fits the caches."""
FLOOR_S: Final = 0.005
"""CPU time below this is noise: a garbage collection takes as long."""
ROUNDS: Final = 3
"""The least of so many measures counts: other work of the process only ever adds to a time."""


class TooMuchWork(AssertionError):  # noqa: N818 - a fuzzer reports findings, not errors
    """The work for a longer input grew faster than its length."""


def longer(data: bytes) -> bytes:
    """Return the input with one slice repeated, so that it is about 16 times as long.

    The first byte selects what the input is for, and stays. A digest of the input selects the
    slice, so that the same input is always lengthened in the same way.
    """
    rest = len(data) - 1
    if rest < 1:
        return data
    seed = int.from_bytes(sha256(data).digest()[:8], "big")
    start = 1 + seed % rest
    length = 1 + (seed >> 32) % min(rest - start + 1, 64)
    times = 1 + rest * (LENGTHENED - 1) // length
    return data[:start] + data[start : start + length] * times + data[start + length :]


def require_linear(
    small: Callable[[], object],
    large: Callable[[], object],
    *,
    bare: Callable[[], object] = int,
    what: str = "the target",
) -> None:
    """Raise TooMuchWork if the large one costs more than 24 times the CPU time of the small one.

    ``bare`` is the same work for an input without what grows: its time counts for neither.
    """
    if _cpu_s(large) <= MOST_RATIO * FLOOR_S:
        return  # within the limit, whatever the small one costs
    fixed, little = (min(_cpu_s(one) for _ in range(ROUNDS)) for one in (bare, small))
    limit = MOST_RATIO * max(little - fixed, FLOOR_S)
    if any(_cpu_s(large) - fixed <= limit for _ in range(ROUNDS)):
        return
    raise TooMuchWork(
        f"{what}: over {limit:.3f} s of CPU time for {LENGTHENED} times the input, and "
        f"{little - fixed:.3f} s for the input."
    )


def _cpu_s(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
