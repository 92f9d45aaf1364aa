"""Count the open items of the quarantine by system, and since when the oldest waits. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kpr_stream.model.quarantine import ItemState
from kpr_stream.model.unit import millis
from kpr_stream.model.words import SYSTEMS, System


@dataclass(frozen=True, slots=True)
class OpenItems:
    """The open items of a system; ``oldest`` in seconds since 1970, 0 where none is open."""

    number: int = 0
    oldest: float = 0.0


class Quarantine:
    """The open items, as the newest states say. Items that are not open are forgotten."""

    def __init__(self) -> None:
        self._open: dict[System, dict[str, int]] = {system: {} for system in SYSTEMS}

    def add(self, state: Mapping[str, Any]) -> None:
        """Take the newest state of an item."""
        items = self._open[System(state["system"])]
        if state["state"] == ItemState.OPEN:
            items[state["quarantine_id"]] = millis(state["since"]) or 0
        else:
            items.pop(state["quarantine_id"], None)

    def open_items(self) -> dict[System, OpenItems]:
        """Return number and age of the open items of every system."""
        return {
            system: OpenItems(len(items), min(items.values()) / 1000) if items else OpenItems()
            for system, items in self._open.items()
        }
