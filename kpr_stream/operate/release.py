"""Adds up the states of releases over all lanes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def by_release(states: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Add up the lanes' states: one entry per release of an EPJ system, sorted."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for state in states:
        name = state["system"], state["software_version"]
        one = found.setdefault(
            name,
            {
                "system": name[0],
                "software_version": name[1],
                "items": 0,
                "rejected": 0,
                "stopped_lanes": 0,
                "stopped_by": None,
            },
        )
        one["items"] += state["items"]
        one["rejected"] += state["rejected"]
        if state["stopped_since"] is not None:
            one["stopped_lanes"] += 1
            one["stopped_by"] = state["stopped_by"]
    return [found[name] for name in sorted(found)]
