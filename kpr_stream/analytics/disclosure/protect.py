"""Protect a table: hide what is sensitive, and what it could be computed from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from kpr_stream.analytics.disclosure.alone import hide_alone, ruled_out
from kpr_stream.analytics.disclosure.complement import hide_for
from kpr_stream.analytics.disclosure.proofs import Proofs
from kpr_stream.analytics.disclosure.releases import CellSystem, Release, combine
from kpr_stream.analytics.disclosure.rule import DisclosureRule
from kpr_stream.analytics.disclosure.table import CountTable

BoolCells = npt.NDArray[np.bool_]


def protect(table: CountTable, rule: DisclosureRule, earlier: Sequence[Release] = ()) -> Release:
    """Return the release of a table: which cells are hidden, so that no sensitive one is known.

    For each sensitive cell and each value from 1 to the threshold - 1 a table of whole numbers is
    found that shows the same published cells in this and all earlier releases, and in which the
    cell has that value. Only a value that the earlier releases alone have ruled out is left: hiding
    the whole new release would not bring it back. The same input gives the same release.

    Raises ConfigurationError if an earlier release shows what must be hidden now.
    """
    system = combine(table, rule, earlier)
    proofs = Proofs(system, rule.threshold - 1)
    for scope in _scopes(system):
        for target in _in_order(proofs.highest):
            _reach(proofs, target, scope)
    if missing := sum(
        1 for goal, target in _missing(proofs) if not ruled_out(proofs, goal, target)
    ):
        raise ArithmeticError(f"{missing} values of sensitive cells could not be protected.")
    numbers, shape = system.numbers, table.shape
    return Release(
        table, proofs.hidden[numbers].reshape(shape), system.sensitive[numbers].reshape(shape)
    )


def _scopes(system: CellSystem) -> Iterator[BoolCells]:
    """Yield each branch alone (fast, since nothing above it moves), then all cells together."""
    for branch in np.unique(system.branch[system.sensitive & (system.branch >= 0)]):
        yield system.branch == branch
    yield np.ones(system.value.size, np.bool_)


def _missing(proofs: Proofs) -> Iterator[tuple[int, int]]:
    """Yield each sensitive unknown and each value that it is not proved to reach."""
    for target in _in_order(proofs.highest):
        for goal in proofs.open_goals(target, np.ones(proofs.system.value.size, np.bool_)):
            yield int(goal), target


def _in_order(highest: int) -> list[int]:
    """Return the values from the outside: what reaches both ends mostly reaches all between."""
    return sorted(range(1, highest + 1), key=lambda value: (-abs(2 * value - highest - 1), -value))


def _reach(proofs: Proofs, target: int, scope: BoolCells) -> None:
    """Prove a value of all sensitive cells in scope, hiding more cells where that is needed."""
    proofs.search(target, scope)
    goals = proofs.open_goals(target, scope)
    while goals.size:
        hide_for(proofs, proofs.apart(goals), target, scope)
        proofs.search(target, scope)
        left = proofs.open_goals(target, scope)
        if left.size == goals.size:
            _one_by_one(proofs, target, scope)
            left = proofs.open_goals(target, scope)
        if left.size == goals.size:
            return
        goals = left


def _one_by_one(proofs: Proofs, target: int, scope: BoolCells) -> None:
    """Search for each open goal alone."""
    for goal in proofs.open_goals(target, scope):
        if not proofs.reached[goal, target]:
            hide_alone(proofs, int(goal), target, scope)
