"""Choose the cells that are hidden in addition, for the smallest loss of information."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, hstack

from kpr_stream.analytics.disclosure.moves import NOISE, best_move, whole_part
from kpr_stream.analytics.disclosure.proofs import Proofs

Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
BoolCells = npt.NDArray[np.bool_]

MISSED = 1e5
"""Cost of each step that a goal falls short: more than hiding everything on any way to it."""
MOVED = 1e-3
"""Cost of moving a cell that is hidden already: among free ways, the shortest is taken."""


@dataclass(frozen=True, kw_only=True)
class Ways:
    """The cells that may move, and what a move of theirs must satisfy and costs."""

    columns: Numbers
    equations: csr_array
    limits: Floats
    """Lowest and highest movement of each cell."""
    cost: Floats
    goals: Numbers
    """Where in ``columns`` the goals are."""

    def cheapest(self, cost: Floats, *, whole: bool = False) -> Floats:
        """Return the move that takes the goals farthest, and of such moves the cheapest."""
        up_cost, down_cost = -cost, -cost
        up_cost[self.goals] = down_cost[self.goals] = MISSED
        highest = np.concatenate([self.limits[:, 1], -self.limits[:, 0]])
        bounds = np.column_stack([np.zeros(highest.size), highest])
        both = hstack([self.equations, -self.equations])
        found = best_move(both, bounds, np.concatenate([up_cost, down_cost]), whole=whole)
        move: Floats = found[: self.columns.size] - found[self.columns.size :]
        return move

    def whole_part(self, move: Floats) -> Numbers:
        """Return what of a move is exact in whole numbers."""
        return whole_part(self.equations, self.limits, move)


def ways(proofs: Proofs, goals: Numbers, target: int, among: BoolCells) -> Ways:
    """Return how goals can move to a value if all other movement is of cells among some."""
    system = proofs.system
    columns = np.flatnonzero((proofs.hidden | system.may_hide) & among)
    return Ways(
        columns=columns,
        equations=system.equations[proofs.rows_of(columns)][:, columns],
        limits=proofs.limits(columns, goals, target),
        cost=np.where(proofs.hidden, MOVED, system.loss)[columns],
        goals=np.searchsorted(columns, goals),
    )


def hide_for(proofs: Proofs, goals: Numbers, target: int, scope: BoolCells) -> None:
    """Hide cells in scope so that all goals together can reach a value, as far as possible.

    One linear programme: move the goals to the value, keep every total, and pay for each cell
    that moves what its loss costs. The cells of the cheapest move are hidden.
    """
    found = ways(proofs, goals, target, scope)
    move = found.cheapest(found.cost)
    proofs.hidden[found.columns[np.abs(move) > NOISE]] = True
    proofs.record(found.columns, found.whole_part(move))
