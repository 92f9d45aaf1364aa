"""Choose the cells that are hidden in addition, for the smallest loss of information."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import hstack

from kpr_stream.analytics.disclosure.moves import NOISE, best_move, whole_part
from kpr_stream.analytics.disclosure.proofs import Proofs

Numbers = npt.NDArray[np.int64]

MISSED = 1e5
"""Cost of each step that a goal falls short: more than hiding everything on any way to it."""
MOVED = 1e-3
"""Cost of moving a cell that is hidden already: among free ways, the shortest is taken."""


def hide_for(
    proofs: Proofs, goals: Numbers, target: int, scope: npt.NDArray[np.bool_], *, whole: bool
) -> None:
    """Hide cells in scope so that all goals together can reach a value, as far as possible.

    One linear programme: move the goals to the value, keep every total, and pay for each cell
    that moves what its loss costs. The cells of the cheapest move are hidden.
    """
    system = proofs.system
    columns = np.flatnonzero((proofs.hidden | system.may_hide) & scope)
    equations = system.equations[proofs.rows_of(columns)][:, columns]
    cost = np.where(proofs.hidden, MOVED, system.loss)[columns]
    up, down = np.full(columns.size, np.inf), system.value[columns].astype(float)
    at = np.searchsorted(columns, goals)
    way = (target - system.value[goals]).astype(np.float64)
    up[at], down[at] = np.maximum(way, 0), np.maximum(-way, 0)
    gain_up, gain_down = -cost, -cost.copy()
    gain_up[at], gain_down[at] = MISSED, MISSED
    bounds = np.column_stack([np.zeros(2 * columns.size), np.concatenate([up, down])])
    gain = np.concatenate([gain_up, gain_down])
    found = best_move(hstack([equations, -equations]), bounds, gain, whole=whole)
    move = found[: columns.size] - found[columns.size :]
    proofs.hidden[columns[np.abs(move) > NOISE]] = True
    limits = np.column_stack([-down, up])
    proofs.record(columns, whole_part(equations, limits, move))
