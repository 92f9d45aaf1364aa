"""Another table of whole numbers that shows the same published cells: one linear programme.

A *move* is the difference between such a table and the true one. It is checked in whole numbers,
so that nothing depends on the tolerance of the solver.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

WHOLE_GAP = 0.05
"""A move in whole numbers may cost so much more than the best: the last per cents take longest."""
NOT_SOLVED = "The solver found no best move, though not moving is always possible"


def best_move(equations: csr_array, bounds: Floats, gain: Floats, *, whole: bool = False) -> Floats:
    """Return the move with the greatest gain: ``equations`` times it is zero, within ``bounds``.

    ``bounds`` has two columns, lowest and highest; zero must lie within. Without ``whole`` it may
    hold fractions, and is found much faster.
    """
    solved = linprog(
        -gain,
        A_eq=equations,
        b_eq=np.zeros(equations.shape[0]),
        bounds=bounds,
        integrality=1 if whole else 0,
        options={"mip_rel_gap": WHOLE_GAP} if whole else {},
    )
    if solved.x is None:
        raise ArithmeticError(f"{NOT_SOLVED}: status {solved.status}.")
    return np.asarray(solved.x, np.float64)


def whole_part(equations: csr_array, bounds: Floats, move: Floats) -> Numbers:
    """Return a move in whole numbers: rounded, and zero in every connected part that fails.

    A part fails if rounding breaks one of its equations or bounds. What is returned satisfies
    them all exactly.
    """
    whole = np.rint(move).astype(np.int64)
    broken = (whole < bounds[:, 0]) | (whole > bounds[:, 1])
    wrong_rows = np.flatnonzero(equations @ whole)
    broken[equations[wrong_rows].tocoo().coords[1]] = True
    if broken.any():
        links = abs(equations)
        _, part = connected_components(links.T @ links, directed=False)
        whole[np.isin(part, part[broken])] = 0
    return whole
