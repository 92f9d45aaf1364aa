"""Write a number as Grafana does, and find its colour: units, thresholds and mappings. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

Read = Mapping[str, Any]
"""A part of a dashboard, or of an answer, as JSON."""

PLAIN: Final = "#FFFFFF"
_TIMES: Final = (
    (86_400 * 7, "weeks"),
    (86_400, "days"),
    (3_600, "h"),
    (60, "min"),
    (1, "s"),
    (1e-3, "ms"),
)
_POWERS: Final = ((1e9, " B"), (1e6, " M"), (1e3, " K"))
_BYTES: Final = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


def written(value: float | str | None, unit: str, decimals: int | None = None) -> str:
    """Return a value as text; an empty one where there is no value."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if math.isnan(value):
        return "no data"
    if unit == "s":
        return _time(value)
    if unit == "percentunit":
        places = 1 if decimals is None else decimals
        return f"{value * 100:.{places}f} %"
    if unit == "bytes":
        return _scaled(value, _BYTES, " B")
    if unit.startswith("suffix:"):
        return f"{_short(value, decimals)}{unit.removeprefix('suffix:')}"
    return _short(value, decimals)


def colour_of(value: float | None, steps: Sequence[Read]) -> str:
    """Return the colour of the last threshold that a value reaches."""
    if value is None or math.isnan(value) or not steps:
        return "#B4BCC6"
    found = str(steps[0]["color"])
    for step in steps[1:]:
        if value >= step["value"]:
            found = str(step["color"])
    return found


def mapped(value: float | None, mappings: Sequence[Read]) -> tuple[str, str] | None:
    """Return the text and colour that a mapping gives a value."""
    for one in mappings:
        if one["type"] == "value" and value is not None:
            found = one["options"].get(f"{value:g}")
            if found:
                return found["text"], found["color"]
    return None


def _time(value: float) -> str:
    for size, name in _TIMES:
        if abs(value) >= size:
            return f"{_digits(value / size)} {name}"
    return "0 s" if value == 0 else f"{value * 1e6:.0f} µs"


def _short(value: float, decimals: int | None) -> str:
    if decimals is not None and abs(value) < 1e4:
        return f"{value:.{decimals}f}"
    return _scaled(value, _POWERS, "")


def _scaled(value: float, sizes: Sequence[tuple[float, str]], rest: str) -> str:
    for size, name in sizes:
        if abs(value) >= size:
            return f"{_digits(value / size)}{name if name.startswith(' ') else ' ' + name}"
    return f"{_digits(value)}{rest}"


def _digits(value: float) -> str:
    if value == round(value):
        return f"{value:.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
