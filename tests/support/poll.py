"""Wait for a condition with a limit, so that no test sleeps and hopes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")
POLL_S = 0.05
HANGING_S: Final = 240.0
"""Time after which a wait counts as hanging. No test asserts a speed with it: a machine several
times slower, or busy with other work, must pass too."""


def eventually(ask: Callable[[], T], *, within_s: float = HANGING_S) -> T:
    """Return the first true answer. AssertionError with the last answer after the limit."""
    limit = time.monotonic() + within_s
    while not (answer := ask()):
        if time.monotonic() > limit:
            raise AssertionError(f"still {answer!r} after {within_s} s")
        time.sleep(POLL_S)
    return answer
