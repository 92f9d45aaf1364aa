"""The attacker: computes what hidden cells can be from published ones, by linear programmes.

It knows nothing of how cells were chosen and imports nothing of the package. Its unknowns are the
counts of the combinations of leaves, never negative; each published cell is one equation; a leaf
that has not changed since the release before is the same unknown in both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import coo_array, csr_array

Key = tuple[str, ...]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Public:
    """One release as everybody reads it. ``cells`` holds None where a number is hidden."""

    trees: Sequence[Mapping[str, str]]
    cells: Mapping[Key, int | None]
    changed: frozenset[Key] = frozenset()
    """Combinations of leaves that have another count than in the release before."""

    def without_news(self) -> Public:
        """Return the release with every cell hidden that a changed leaf is below."""
        news = {
            key for leaf in self.changed for key in product(*map(_with_totals, self.trees, leaf))
        }
        cells = {key: None if key in news else value for key, value in self.cells.items()}
        return Public(self.trees, cells, self.changed)


class Attacker:
    """All that follows from releases, oldest first. Cells are named by release and nodes."""

    def __init__(self, releases: Sequence[Public]) -> None:
        self._below: dict[tuple[int, Key], list[int]] = {}
        newest: dict[Key, int] = {}
        width = 0
        for number, release in enumerate(releases):
            for leaf in product(*(_leaves(tree) for tree in release.trees)):
                if leaf not in newest or leaf in release.changed:
                    newest[leaf] = width
                    width += 1
                for key in product(*map(_with_totals, release.trees, leaf)):
                    self._below.setdefault((number, key), []).append(newest[leaf])
        known = [
            ((number, key), value)
            for number, release in enumerate(releases)
            for key, value in release.cells.items()
            if value is not None
        ]
        self.width = width
        self.matrix = self._sums([cell for cell, _ in known])
        self.known = np.array([value for _, value in known], float)

    def range(self, cell: tuple[int, Key]) -> tuple[float, float]:
        """Return the least and the greatest count that a cell can have, fractions allowed."""
        weights = self._sums([cell]).toarray()[0]
        return self._least(weights), -self._least(-weights)

    def possible(self, cell: tuple[int, Key], value: int) -> bool:
        """Return whether a cell can have a count if all counts are whole numbers."""
        all_rows = LinearConstraint(self.matrix, self.known, self.known)
        this_row = LinearConstraint(self._sums([cell]), value, value)
        solved = milp(
            np.zeros(self.width),
            constraints=[all_rows, this_row],
            integrality=np.ones(self.width),
            bounds=Bounds(0, np.inf),
        )
        return bool(solved.status == 0)

    def _least(self, weights: Floats) -> float:
        solved = linprog(weights, A_eq=self.matrix, b_eq=self.known)
        if solved.status == 3:
            return -np.inf
        assert solved.status == 0, solved.message
        return float(solved.fun)

    def _sums(self, cells: Sequence[tuple[int, Key]]) -> csr_array:
        rows = [row for row, cell in enumerate(cells) for _ in self._below[cell]]
        columns = [column for cell in cells for column in self._below[cell]]
        entries = (np.array(rows, int), np.array(columns, int))
        return coo_array((np.ones(len(rows)), entries), shape=(len(cells), self.width)).tocsr()


def _leaves(tree: Mapping[str, str]) -> Iterator[str]:
    return (node for node in tree if node not in tree.values())


def _with_totals(tree: Mapping[str, str], leaf: str) -> list[str]:
    found = [leaf]
    while found[-1] in tree:
        found.append(tree[found[-1]])
    return found
