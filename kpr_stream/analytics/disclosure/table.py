"""A table of counts, and the cells that follow from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import numpy.typing as npt
import polars as pl

from kpr_stream.analytics.disclosure.hierarchy import PART, Dimension

COUNT = "count"
"""Column of the counts: persons, contacts or visits; whole numbers from 0."""


@dataclass(frozen=True)
class CountTable:
    """Counts of the combinations of leaves; a combination that has no row counts nothing.

    ``counts`` has one column a dimension (text) and ``count`` (whole number). What is counted
    must be additive: a total is the sum of its parts in every dimension. Children counted once a
    month are not additive over months, so such a table has no year. ValueError for a row that is
    no combination of leaves, for a negative count and for a combination with two rows.
    """

    dimensions: tuple[Dimension, ...]
    counts: pl.DataFrame

    def __post_init__(self) -> None:
        for one in self.dimensions:
            unknown = set(self.counts.get_column(one.name).unique()) - set(one.leaves)
            if unknown:
                raise ValueError(f"Not leaves of dimension {one.name}: {sorted(unknown)[:5]}.")
        if self.counts.filter(pl.col(COUNT) < 0).height:
            raise ValueError("A count is negative.")
        if self.counts.select(self.names).is_duplicated().any():
            raise ValueError("A combination of leaves has two rows.")

    @property
    def names(self) -> list[str]:
        """The names of the dimensions, in order."""
        return [one.name for one in self.dimensions]

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The number of nodes along each dimension."""
        return tuple(len(one.nodes) for one in self.dimensions)

    @cached_property
    def cells(self) -> npt.NDArray[np.int64]:
        """The count of every combination of nodes, totals included."""
        return summed(self.dimensions, self._leaf_counts())

    @cached_property
    def keys(self) -> pl.DataFrame:
        """The node of each cell in every dimension, in the order of ``cells`` laid flat."""
        rows = list(product(*(one.nodes for one in self.dimensions)))
        return pl.DataFrame(rows, schema=dict.fromkeys(self.names, pl.String), orient="row")

    @cached_property
    def part_axis(self) -> int | None:
        """The axis of a group and its parts; None for a table without shares."""
        return self.names.index(PART) if PART in self.names else None

    def _leaf_counts(self) -> npt.NDArray[np.int64]:
        inner = np.zeros([len(one.leaves) for one in self.dimensions], np.int64)
        inner[leaf_places(self.dimensions, self.counts)] = self.counts.get_column(COUNT).to_numpy()
        return inner


def leaf_places(
    dimensions: Sequence[Dimension], rows: pl.DataFrame
) -> tuple[npt.NDArray[np.int64], ...]:
    """Return where the rows' combinations lie in an array of all combinations of leaves."""
    return tuple(
        rows.get_column(one.name)
        .replace_strict({leaf: at for at, leaf in enumerate(one.leaves)}, return_dtype=pl.Int64)
        .to_numpy()
        for one in dimensions
    )


def summed(dimensions: Sequence[Dimension], inner: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return all cells of an array of leaves: every total along every dimension."""
    cells = inner
    for axis, one in enumerate(dimensions):
        cells = np.moveaxis(np.tensordot(one.sums, cells, axes=(1, axis)), 0, axis)
    return cells
