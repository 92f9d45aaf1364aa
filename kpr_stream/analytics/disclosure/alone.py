"""Hide cells for one goal that many goals together reached only in fractions of a count."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from kpr_stream.analytics.disclosure.complement import Ways, ways
from kpr_stream.analytics.disclosure.moves import NOISE
from kpr_stream.analytics.disclosure.proofs import Proofs

BoolCells = npt.NDArray[np.bool_]

ATTEMPTS = 12
"""Linear programmes with other costs, before a search in whole numbers that takes a minute.

The equations are nearly those of a network, so most solutions are whole: another one mostly is.
"""
SPREAD = 1.0
"""Each attempt costs a cell up to so many times more: ties and near ties fall differently."""


def hide_alone(proofs: Proofs, goal: int, target: int, scope: BoolCells) -> None:
    """Hide cells in scope so that one goal can reach a value in whole numbers, if it can.

    Linear programmes come first, then searches in whole numbers: among the cells that these
    programmes moved, among these and all that share an equation with them, and in all the scope.
    Nothing is hidden where none of them succeeds.
    """
    goals = np.array([goal])
    found = ways(proofs, goals, target, scope)
    moved = np.zeros(scope.size, np.bool_)
    for attempt in range(ATTEMPTS):
        more = SPREAD * np.random.default_rng(attempt).random(found.columns.size)
        move = found.cheapest(found.cost * (1 + more) if attempt else found.cost)
        if _misses(found, move) or _hide(proofs, found, move):
            return
        moved[found.columns[np.abs(move) > NOISE]] = True
    for among in _wider(proofs, moved, scope):
        found = ways(proofs, goals, target, among)
        if _hide(proofs, found, found.cheapest(found.cost, whole=True)):
            return


def ruled_out(proofs: Proofs, goal: int, target: int) -> bool:
    """Return whether a goal cannot reach a value even if all that may be hidden is, in fractions.

    Then the earlier releases alone show that it does not have this value: a total that they show
    and parts of it that have not changed leave too little room.
    """
    everything = np.ones(proofs.system.value.size, np.bool_)
    found = ways(proofs, np.array([goal]), target, everything)
    return _misses(found, found.cheapest(found.cost))


def _wider(proofs: Proofs, moved: BoolCells, scope: BoolCells) -> Iterator[BoolCells]:
    """Yield cells to search among: the fewer, the faster."""
    yield moved
    near = moved.copy()
    near[proofs.system.equations[proofs.rows_of(np.flatnonzero(moved))].indices] = True
    yield near & scope
    yield scope


def _misses(found: Ways, move: npt.NDArray[np.float64]) -> bool:
    """Return whether the goal falls short even with fractions: then no whole number helps."""
    return bool(abs(found.limits[found.goals].sum() - move[found.goals].sum()) > NOISE)


def _hide(proofs: Proofs, found: Ways, move: npt.NDArray[np.float64]) -> bool:
    """Hide the cells of a move if the goal arrives in whole numbers; return whether it does."""
    whole = found.whole_part(move)
    arrives = not _misses(found, whole.astype(np.float64))
    if arrives:
        proofs.hidden[found.columns[whole != 0]] = True
        proofs.record(found.columns, whole)
    return arrives
