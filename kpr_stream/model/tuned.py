"""A setting of somebody else's software that we change from its default, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TunedSetting:
    """One setting by the software's own name and spelling, and the failure our value prevents.

    ``value`` is as the software takes it: text for a properties file, an object for a library.
    """

    name: str
    value: Any
    prevents: str


def as_properties(settings: Iterable[TunedSetting]) -> dict[str, str]:
    """Return names and values as text, for a properties file or a command line."""
    return {s.name: str(s.value) for s in settings}


def as_markdown(settings: Iterable[TunedSetting]) -> str:
    """Return the table of a documentation page; a test compares the page with it."""
    rows = [f"| `{s.name}` | `{s.value}` | {s.prevents} |" for s in settings]
    return "\n".join(["| setting | value | what it prevents |", "| --- | --- | --- |", *rows])
