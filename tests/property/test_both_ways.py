"""Deciding in columns equals deciding item by item, over any history, byte for byte.

Outputs, their headers and their order, ledger entries, receipts. In the histories: corrections,
deletes, duplicates, repeats in one batch, links, rights, quarantine, two systems of a unit.
"""

from __future__ import annotations

from tests.property.state_machine.history import History
from tests.property.state_machine.lane import Lane
from tests.support.both_ways import decide_both_ways, repeatable
from tests.support.receiver import emitter


class BothWays(History):
    """A history whose every batch is decided twice."""

    in_frames = True

    def make_lane(self) -> Lane:
        """See History."""
        return Lane(repeatable(emitter()), self._open, decide_both_ways)


TestBothWays = BothWays.TestCase
