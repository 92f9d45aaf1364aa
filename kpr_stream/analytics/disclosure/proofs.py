"""Which small values every sensitive cell can still have, proved by other tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kpr_stream.analytics.disclosure.moves import best_move, whole_part
from kpr_stream.analytics.disclosure.releases import CellSystem

Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

ROUNDS = 4
"""Attempts at proving many cells with few tables, before they are taken one by one."""


@dataclass
class Proofs:
    """The values from 1 to ``highest`` that each unknown has in a table that was found."""

    system: CellSystem
    highest: int

    def __post_init__(self) -> None:
        self.hidden = self.system.hidden.copy()
        self.reached = np.zeros((self.system.value.size, self.highest + 1), np.bool_)
        self._columns = self.system.equations.tocsc()
        self.record(np.arange(self.system.value.size), np.zeros_like(self.system.value))

    def open_goals(self, target: int, scope: npt.NDArray[np.bool_]) -> Numbers:
        """Return the sensitive unknowns in scope that are not proved to reach a value."""
        return np.flatnonzero(self.system.sensitive & scope & ~self.reached[:, target])

    def record(self, columns: Numbers, move: Numbers) -> None:
        """Take note of the values that the unknowns have after a move."""
        there = self.system.value[columns] + move
        small = (there >= 1) & (there <= self.highest)
        self.reached[columns[small], there[small]] = True

    def search(self, target: int, scope: npt.NDArray[np.bool_]) -> None:
        """Look for tables in which open goals reach a value, by moving hidden cells in scope."""
        columns = np.flatnonzero(self.hidden & scope)
        for attempt in range(ROUNDS):
            goals = self.open_goals(target, scope)
            if attempt:
                goals = self.apart(goals)
            if not goals.size:
                return
            before = int(self.reached.sum())
            self._move(columns, goals, target)
            if attempt and int(self.reached.sum()) == before:
                return

    def apart(self, goals: Numbers) -> Numbers:
        """Return goals of which no two are in one equation, so that they do not compete."""
        taken: set[int] = set()
        chosen = []
        for goal in goals:
            begin, end = self._columns.indptr[goal : goal + 2]
            rows = self._columns.indices[begin:end]
            if taken.isdisjoint(rows.tolist()):
                taken.update(rows.tolist())
                chosen.append(goal)
        return np.array(chosen, np.int64)

    def rows_of(self, columns: Numbers) -> Numbers:
        """Return the equations that any of the unknowns is in."""
        return np.unique(self._columns[:, columns].indices)

    def limits(self, columns: Numbers, goals: Numbers, target: int) -> Floats:
        """Return the lowest and highest movement of unknowns; of a goal: up to the value."""
        value = self.system.value
        found = np.column_stack([-value[columns], np.full(columns.size, np.inf)])
        way = (target - value[goals]).astype(np.float64)
        found[np.searchsorted(columns, goals)] = np.column_stack(
            [np.minimum(way, 0), np.maximum(way, 0)]
        )
        return found

    def _move(self, columns: Numbers, goals: Numbers, target: int) -> None:
        equations = self.system.equations[self.rows_of(columns)][:, columns]
        bounds = self.limits(columns, goals, target)
        gain = np.zeros(columns.size)
        gain[np.searchsorted(columns, goals)] = np.sign(target - self.system.value[goals])
        move = best_move(equations, bounds, gain)
        self.record(columns, whole_part(equations, bounds, move))
