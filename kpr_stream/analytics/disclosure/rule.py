"""Which cells are sensitive: what must never be shown or computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kpr_stream.analytics.disclosure.table import CountTable

THRESHOLD = 5
"""Smallest count that is shown. Below it a parent or a colleague may recognise the child."""
SMALL_GROUP = 10
"""Groups smaller than this hide 0 % and 100 %: either says something of each child in the group."""
DOUBLED = 2
"""A cell that was small in an earlier release is shown from this many thresholds on.

Late reports usually add a few contacts. At 5, after a hidden cell, a reader would know 3 or 4.
"""
ZERO_COSTS = 10
"""A zero is hidden only where larger counts would have to be: it says that nobody was there.

That it may be hidden at all is what keeps a reader from counting every hidden cell as 1 or more.
"""


@dataclass(frozen=True)
class DisclosureRule:
    """Counts from 1 to ``threshold`` - 1 are sensitive. ValueError where the numbers make no sense.

    In groups of 1 to ``small_group`` - 1 a zero among the parts of the group is sensitive too.
    """

    threshold: int = THRESHOLD
    small_group: int = SMALL_GROUP

    def __post_init__(self) -> None:
        if not 2 <= self.threshold <= self.small_group:
            raise ValueError("A threshold is at least 2, and at most the size of a small group.")


def sensitive(table: CountTable, rule: DisclosureRule) -> npt.NDArray[np.bool_]:
    """Return whether each cell is sensitive by its own count and its group's."""
    small: npt.NDArray[np.bool_] = (table.cells > 0) & (table.cells < rule.threshold)
    groups = denominators(table)
    if groups is None:
        return small
    in_small_group = (groups > 0) & (groups < rule.small_group)
    small |= in_small_group & (table.cells == 0)
    return small


def small_before(
    table: CountTable, rule: DisclosureRule, earlier: Sequence[npt.NDArray[np.int64]]
) -> npt.NDArray[np.bool_]:
    """Return whether each cell was small in an earlier release and has not doubled since.

    ``earlier`` are the counts of the same cells in earlier releases; -1 where there was none.
    """
    was = np.zeros(table.shape, np.bool_)
    for counts in earlier:
        was |= (counts > 0) & (counts < rule.threshold)
    return was & (table.cells > 0) & (table.cells < DOUBLED * rule.threshold)


def loss(table: CountTable) -> npt.NDArray[np.float64]:
    """Return what readers lose with each cell: more for a large count, and more for a total.

    The logarithm of the count, times 1 plus the levels of parts below the cell in all dimensions.
    A zero costs as much as a count of ``ZERO_COSTS``.
    """
    levels = np.zeros(table.shape, np.int64)
    for axis, one in enumerate(table.dimensions):
        levels += one.heights.reshape([-1 if axis == at else 1 for at in range(len(table.shape))])
    counts = np.where(table.cells == 0, ZERO_COSTS, table.cells)
    return np.log2(1.0 + counts) * (1 + levels)


def denominators(table: CountTable) -> npt.NDArray[np.int64] | None:
    """Return the size of the group of each cell; None for a table without shares."""
    axis = table.part_axis
    if axis is None:
        return None
    return np.broadcast_to(np.take(table.cells, [0], axis), table.shape)
