"""Keep the newest state of every unit, and add up their totals. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from kpr_stream.exporter.releases import ReleaseItems
from kpr_stream.metrics.metric import UNKNOWN
from kpr_stream.model.unit import UnitState
from kpr_stream.model.words import OUTCOMES
from kpr_stream.schemas import wire

KINDS = ("with_content", "empty", "refused")
"""Deliveries that the states count: processed with items, processed without, refused attempts."""

Source = tuple[str, str]
"""System and municipality."""


class UnitStates:
    """The newest state of every unit and system, and what their changes add to releases."""

    def __init__(self) -> None:
        self._states: dict[bytes, UnitState] = {}
        self._changed: dict[bytes, list[bytes | None]] = {}
        self._begun = False
        self.releases = ReleaseItems()

    def add(self, key: bytes, value: bytes | None) -> None:
        """Take the newest record of a key."""
        if self._begun:
            self._changed.setdefault(key, []).append(value)
        else:
            self._changed[key] = [value]

    def all(self) -> Collection[UnitState]:
        """Return every state; what changed since the last call is counted by release.

        At the first call only the newest record of each key is decoded: of the ones before it,
        compaction has left some and removed others, so they are not counted.
        """
        for key, values in self._changed.items():
            for value in values:
                self._change(key, value)
        self._changed.clear()
        if not self._begun:
            self._begun = True
            self.releases.begin(self._states.values())
        return self._states.values()

    def _change(self, key: bytes, value: bytes | None) -> None:
        if value is None:
            self._states.pop(key, None)
            return
        before = self._states.get(key)
        state = UnitState.from_record(wire.decode("unit_state", value))
        self._states[key] = state
        if self._begun:
            self.releases.change(before, state)


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
        source = state.system.value, state.municipality_code if known else UNKNOWN
        totals = state.totals
        by_kind = totals.processed - totals.empty, totals.empty, totals.refused
        for kind, number in zip(KINDS, by_kind, strict=True):
            found.deliveries[*source, kind] += number
        for outcome, number in zip(OUTCOMES, totals.items, strict=True):
            found.items[*source, outcome.value] += number
    return found
