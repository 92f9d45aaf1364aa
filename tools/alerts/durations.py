"""Times in expressions, written as Prometheus writes them, and how they are scaled.

`[5m]` and `offset 1d` are durations. `<15m>` is a number of seconds, for a comparison. A test
divides all of them by one number, so that an alert that waits for an hour fires within seconds.
"""

from __future__ import annotations

import re
from typing import Final

SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
LEAST_WINDOW_S: Final = 5
"""A shorter window would hold too few scrapes for a rate, also where a test scrapes each second."""
_TEXT: Final = r"\d+[smhd]"
_WINDOW: Final = re.compile(rf"(?<=\[){_TEXT}(?=\])|(?<=offset ){_TEXT}")
_NUMBER: Final = re.compile(rf"<({_TEXT})>")


def seconds(text: str) -> int:
    """Return the seconds of a duration such as `90s` or `2h`."""
    return int(text[:-1]) * SECONDS[text[-1]]


def number(of_s: int) -> str:
    """Return a time as a number in an expression: 900 seconds are `<15m>`."""
    unit = next(one for one, size in reversed(SECONDS.items()) if of_s % size == 0)
    return f"<{of_s // SECONDS[unit]}{unit}>"


def scaled(text: str, scale: int) -> str:
    """Return a duration, divided by the scale and at least a second; `2h` stays `2h` at scale 1."""
    return text if scale == 1 else f"{max(1, seconds(text) // scale)}s"


def scaled_expression(text: str, scale: int) -> str:
    """Return an expression with all its times divided by the scale."""
    numbers = _NUMBER.sub(lambda m: str(max(1, seconds(m[1]) // scale)), text)
    return numbers if scale == 1 else _WINDOW.sub(lambda m: _window(m[0], scale), numbers)


def _window(text: str, scale: int) -> str:
    return f"{max(LEAST_WINDOW_S, seconds(text) // scale)}s"
