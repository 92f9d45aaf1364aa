"""Another table of whole numbers that shows the same published cells: one linear programme.

A *move* is the difference between such a table and the true one. It is checked in whole numbers,
so that nothing depends on the tolerance of the solver.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

WHOLE_GAP = 0.05
"""A move in whole numbers may cost so much more than the best: the last per cents take longest."""
MOST_NODES = 200
"""Branches of a search for whole numbers: a hard part must not take hours. Never a time: the same
table gives the same release on every machine."""
NOISE = 1e-6
"""A movement below it is the solver's noise."""
NOT_SOLVED = "The solver found no best move, though not moving is always possible"


def best_move(equations: csr_array, bounds: Floats, gain: Floats, *, whole: bool = False) -> Floats:
    """Return the move with the greatest gain: ``equations`` times it is zero, within ``bounds``.

    ``bounds`` has two columns, lowest and highest; zero must lie within. Without ``whole`` it may
    hold fractions. With it, a good move of whole numbers is found more slowly, or no move: zeros.
    """
    solved = milp(
        -gain,
        constraints=LinearConstraint(equations, 0, 0),
        bounds=Bounds(bounds[:, 0], bounds[:, 1]),
        integrality=np.full(gain.size, int(whole)),
        options={"mip_rel_gap": WHOLE_GAP, "node_limit": MOST_NODES} if whole else {},
    )
    if solved.x is None and not whole:
        raise ArithmeticError(f"{NOT_SOLVED}: status {solved.status}.")
    return np.zeros(gain.size) if solved.x is None else np.asarray(solved.x, np.float64)


def whole_part(equations: csr_array, bounds: Floats, move: Floats) -> Numbers:
    """Return a move in whole numbers: rounded, and zero in every separate part that fails.

    Moving cells that share equations are one part. It fails if rounding breaks one of its
    equations or bounds. What is returned satisfies them all exactly.
    """
    whole = np.rint(move).astype(np.int64)
    moving = np.flatnonzero(np.abs(move) > NOISE)
    inside = equations[:, moving]
    broken = (whole[moving] < bounds[moving, 0]) | (whole[moving] > bounds[moving, 1])
    broken[inside[np.flatnonzero(equations @ whole)].tocoo().coords[1]] = True
    if broken.any():
        links = abs(inside)
        _, part = connected_components(links.T @ links, directed=False)
        whole[moving[np.isin(part, part[broken])]] = 0
    return whole
