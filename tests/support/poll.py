"""Waiting for a condition, bounded: tests never sleep and hope."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")
POLL_S = 0.05
HANGING_S: Final = 240.0
"""After so long a wait counts as hanging. No test asserts a speed with it: a machine several times
slower, or busy with other things, must pass as well."""


def eventually(ask: Callable[[], T], *, within_s: float = HANGING_S) -> T:
    """The first true answer; AssertionError with the last one after the limit."""
    limit = time.monotonic() + within_s
    while not (told := ask()):
        if time.monotonic() > limit:
            raise AssertionError(f"still {told!r} after {within_s} s")
        time.sleep(POLL_S)
    return told
