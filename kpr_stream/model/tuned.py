"""A setting of somebody else's software that we change from its default, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TunedSetting:
    """One setting by the software's own name and spelling, and the failure our value prevents."""

    name: str
    value: str
    prevents: str


def as_properties(settings: Iterable[TunedSetting]) -> dict[str, str]:
    """Names and values, ready for a client or a properties file."""
    return {s.name: s.value for s in settings}


def as_markdown(settings: Iterable[TunedSetting]) -> str:
    """The table of a documentation page; a test compares the page with it."""
    rows = [f"| `{s.name}` | `{s.value}` | {s.prevents} |" for s in settings]
    return "\n".join(["| setting | value | what it prevents |", "| --- | --- | --- |", *rows])
