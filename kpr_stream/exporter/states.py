"""Keep the newest state of every unit, and add up their exact totals. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from kpr_stream.exporter.units import NOT_KNOWN
from kpr_stream.model.unit import UnitState
from kpr_stream.model.words import OUTCOMES
from kpr_stream.schemas import wire

KINDS = ("with_content", "empty", "refused")
"""Deliveries that the states count: processed with items, processed without, refused attempts."""

Source = tuple[str, str]
"""System and municipality."""


class UnitStates:
    """The newest state of every unit and system, decoded once."""

    def __init__(self) -> None:
        self._states: dict[bytes, UnitState] = {}
        self._changed: dict[bytes, bytes | None] = {}

    def add(self, key: bytes, value: bytes | None) -> None:
        """Take the newest record of a key."""
        self._changed[key] = value

    def all(self) -> Collection[UnitState]:
        """Return every state. Of many records of a key only the newest was decoded."""
        for key, value in self._changed.items():
            if value is None:
                self._states.pop(key, None)
            else:
                self._states[key] = UnitState.from_record(wire.decode("unit_state", value))
        self._changed.clear()
        return self._states.values()


@dataclass(slots=True)
class ExactTotals:
    """Deliveries by kind and items by outcome, of all units of a system in a municipality."""

    deliveries: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    items: Counter[tuple[str, str, str]] = field(default_factory=Counter)


def exact_totals(states: Iterable[UnitState], municipalities: Collection[str]) -> ExactTotals:
    """Add up the totals of all states.

    ``municipalities``: the codes that may be labels. Every kind and outcome of a source is there,
    also while it is 0.
    """
    found = ExactTotals()
    for state in states:
        known = state.municipality_code in municipalities
        source = state.system.value, state.municipality_code if known else NOT_KNOWN
        totals = state.totals
        by_kind = totals.processed - totals.empty, totals.empty, totals.refused
        for kind, number in zip(KINDS, by_kind, strict=True):
            found.deliveries[*source, kind] += number
        for outcome, number in zip(OUTCOMES, totals.items, strict=True):
            found.items[*source, outcome.value] += number
    return found
