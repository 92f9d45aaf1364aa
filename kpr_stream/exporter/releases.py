"""Count received items by release of the senders' software, as units' states change. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from operator import sub
from typing import Final

from kpr_stream.exporter.labels import version_label
from kpr_stream.model.unit import NO_COUNTS, Counts, UnitState
from kpr_stream.model.words import OUTCOMES

MOST_RELEASES: Final = 200
"""Releases that get series, those heard of last. A vendor has a dozen in use; a sender that makes
up a version with each delivery would otherwise fill Prometheus."""

Release = tuple[str, str]
"""System and software version, as labels hold them."""


class ReleaseItems:
    """Items by release and outcome since the first states were read.

    What was received before is in the units' totals and belongs to no release that is known.
    """

    def __init__(self, *, most: int = MOST_RELEASES) -> None:
        self._most = most
        self._items: dict[Release, Counts] = {}
        self._heard: dict[Release, int] = {}

    def begin(self, states: Iterable[UnitState]) -> None:
        """Take the states as they are at first: each release that is in use starts at zero."""
        for state in states:
            self._add(state, NO_COUNTS)

    def change(self, before: UnitState | None, after: UnitState) -> None:
        """Count what a delivery has added to the totals of a unit; None: it had no state."""
        known = before.totals.items if before else NO_COUNTS
        # Totals that begin again at a lower number, as after an erased state, add nothing.
        self._add(after, tuple(max(0, n) for n in map(sub, after.totals.items, known)))

    def totals(self) -> Counter[tuple[str, str, str]]:
        """Return the items by system, software version and outcome, zeros included."""
        return Counter(
            {
                (*release, outcome.value): number
                for release, counts in self._items.items()
                for outcome, number in zip(OUTCOMES, counts, strict=True)
            }
        )

    def _add(self, state: UnitState, counts: Counts) -> None:
        if state.software_version is None:
            return  # it has never delivered
        release = state.system.value, version_label(state.software_version)
        self._items[release] = tuple(
            map(sum, zip(self._items.get(release, NO_COUNTS), counts, strict=True))
        )
        self._heard[release] = max(self._heard.get(release, 0), state.last_delivery_at)
        if len(self._items) > self._most:
            oldest = min(self._heard, key=lambda one: (self._heard[one], one))
            del self._items[oldest], self._heard[oldest]
