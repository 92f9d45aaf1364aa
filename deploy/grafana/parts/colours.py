"""Colours with one meaning each, thresholds, and texts of states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from grafana_foundation_sdk.models import dashboard

GOOD: Final = "#3F9D6B"
LATE: Final = "#E8912D"
BAD: Final = "#D2413A"
NOTE: Final = "#4A7FB5"
QUIET: Final = "#8A94A0"

SYSTEM_COLOURS: Final[Mapping[str, str]] = {
    "visma-hspro": "#4A7FB5",
    "eg-infodoc": "#B8860B",
    "cgm-helsestasjon": "#7A5BA6",
    "helseplattformen": "#2A9D8F",
}
OUTCOME_COLOURS: Final[Mapping[str, str]] = {
    "accepted": GOOD,
    "corrected": "#8FBF6B",
    "deleted": "#7A5BA6",
    "duplicate": "#B4BCC6",
    "superseded": "#6C7A89",
    "stale": "#97867A",
    "rejected": BAD,
}
SEVERITY_COLOURS: Final[Mapping[str, str]] = {"reject": BAD, "set_aside": LATE, "warn": NOTE}
KIND_COLOURS: Final[Mapping[str, str]] = {
    "with_content": GOOD,
    "empty": "#B4BCC6",
    "refused": BAD,
}
QUANTILE_COLOURS: Final[Mapping[str, str]] = {"half": QUIET, "95 %": NOTE, "99 %": "#7A5BA6"}

Steps = Sequence[tuple[float | None, str]]
"""Thresholds: from which value on, and the colour. The first value is None: from anywhere."""

ANY_IS_BAD: Final[Steps] = ((None, GOOD), (1, BAD))
ANY_IS_LATE: Final[Steps] = ((None, GOOD), (1, LATE))
NOTHING_IS_LATE: Final[Steps] = ((None, LATE), (1e-9, GOOD))
"""A flow that is zero has stopped."""
DAY_S: Final = 86_400
QUIET_DAYS: Final[Steps] = ((None, GOOD), (3.5 * DAY_S, LATE), (7 * DAY_S, BAD))
"""Ages in seconds: a weekend and half a day are normal, a week is not."""
SHARE_REJECTED: Final[Steps] = ((None, GOOD), (0.01, LATE), (0.05, BAD))
COVERAGE: Final[Steps] = ((None, BAD), (0.5, LATE), (0.95, GOOD))

STATES: Final[Mapping[int, tuple[str, str]]] = {
    -1: ("paused", QUIET),
    0: ("on time", GOOD),
    1: ("not begun", NOTE),
    2: ("silent", LATE),
    3: ("blocked", BAD),
}
"""The state of a unit, or the worst state of the units of a municipality."""
STATE_STEPS: Final[Steps] = tuple(
    (None if number < 0 else number, colour) for number, (_, colour) in STATES.items()
)


def thresholds(steps: Steps) -> list[dashboard.Threshold]:
    """Return thresholds as the schema has them."""
    return [dashboard.Threshold(value=value, color=colour) for value, colour in steps]


def value_texts(texts: Mapping[int, tuple[str, str]]) -> list[dashboard.ValueMapping]:
    """Return the mapping of whole numbers to a text and its colour."""
    return [
        dashboard.ValueMap(
            options={
                str(number): dashboard.ValueMappingResult(text=text, color=colour, index=place)
                for place, (number, (text, colour)) in enumerate(texts.items())
            }
        )
    ]


def fixed(colour: str) -> dashboard.DynamicConfigValue:
    """Return the property that gives one series or column its colour."""
    return dashboard.DynamicConfigValue("color", {"mode": "fixed", "fixedColor": colour})
