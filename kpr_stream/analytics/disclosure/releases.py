"""One system of this release and all earlier ones: everything that an attacker can combine.

**What the attacker is assumed to know.** All published cells of all releases, the trees of the
dimensions, the rule and its numbers, and exactly which combinations of leaves have changed from
one release to the next (a late report, a correction, a deletion): all others have kept their
count. The attacker may be a municipality or a vendor that knows what was sent. Of the size of a
change the attacker knows nothing but what the published cells show. Where a group has changed,
the attacker does not know whether among those with or those without (``part``).

A cell with no changed leaf below it is therefore *one* unknown in both releases, and known if
either release shows it. A cell with a changed leaf below it is a new unknown. What was hidden and
has not changed stays hidden. What was sensitive in an earlier release is protected again, against
all releases together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import csr_array, vstack

from kpr_stream.analytics.disclosure.equations import equations
from kpr_stream.analytics.disclosure.rule import (
    DisclosureRule,
    loss,
    sensitive,
    small_before,
)
from kpr_stream.analytics.disclosure.table import COUNT, CountTable, leaf_places, summed
from kpr_stream.errors import ConfigurationError

BoolCells = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Release:
    """A table, which of its cells are hidden, and which of these are sensitive.

    It holds the hidden counts, so it never leaves the house; ``published.py`` makes what does.
    """

    table: CountTable
    hidden: BoolCells
    sensitive: BoolCells


@dataclass(frozen=True, kw_only=True)
class CellSystem:
    """Unknowns of all releases. ``equations`` times any table that could be true is zero."""

    value: Numbers
    sensitive: BoolCells
    hidden: BoolCells
    """Hidden before any complement is chosen."""
    may_hide: BoolCells
    """Cells of this release that may be hidden in addition."""
    loss: npt.NDArray[np.float64]
    """What readers lose if a cell is hidden."""
    equations: csr_array
    branch: Numbers
    """The county (or other branch of the first dimension) a cell is inside of; -1 for none."""
    numbers: Numbers
    """The unknown of each cell of this release."""


def combine(table: CountTable, rule: DisclosureRule, earlier: Sequence[Release]) -> CellSystem:
    """Return the system of a table and its earlier releases, oldest first.

    Raises ConfigurationError if a cell is sensitive now that an earlier release shows unchanged,
    which only a stricter rule brings about.
    """
    now = sensitive(table, rule)
    if earlier:
        now |= small_before(table, rule, [_counts_at(table, one.table) for one in earlier])
    tables = [*(one.table for one in earlier), table]
    numbers, firsts = _numbered(tables)
    width = firsts[-1]
    shown, secret = np.zeros(width, np.bool_), np.zeros(width, np.bool_)
    for release, at in zip(earlier, numbers, strict=False):
        shown[at] |= ~release.hidden.ravel()
        secret[at] |= release.sensitive.ravel()
    fresh = numbers[-1] >= firsts[-2]
    shown[numbers[-1][fresh]] = ~now.ravel()[fresh]
    secret[numbers[-1]] |= now.ravel()
    if both := int((shown & secret).sum()):
        raise ConfigurationError(
            f"{both} cells must be hidden, and an earlier release shows them.",
            what_to_do="Publish with the threshold and small group of the earlier releases.",
        )
    value, branch = (np.zeros(width, np.int64) for _ in range(2))
    for one, at in zip(tables, numbers, strict=True):
        value[at] = one.cells.ravel()
        inside = one.dimensions[0].branches.reshape(-1, *[1] * (len(one.shape) - 1))
        branch[at] = np.broadcast_to(inside, one.shape).ravel()
    losses = np.zeros(width, np.float64)
    losses[numbers[-1]] = loss(table).ravel()
    may_hide = np.zeros(width, np.bool_)
    may_hide[numbers[-1][fresh]] = True
    return CellSystem(
        value=value,
        sensitive=secret,
        hidden=~shown,
        may_hide=may_hide & shown,
        loss=losses,
        equations=_all_equations(tables, numbers, firsts),
        branch=branch,
        numbers=numbers[-1],
    )


def _numbered(tables: Sequence[CountTable]) -> tuple[list[Numbers], list[int]]:
    """Return the unknown of every cell of every table, and where each table's new ones begin."""
    numbers = [np.arange(tables[0].cells.size)]
    firsts = [0, tables[0].cells.size]
    for before, after in pairwise(tables):
        old = before.keys.with_columns(
            number=pl.Series(numbers[-1]),
            was=pl.Series(before.cells.ravel()),
            moved=pl.Series(_changed(before, after).ravel()),
        )
        new = after.keys.with_columns(
            value=pl.Series(after.cells.ravel()), changed=pl.Series(_changed(after, before).ravel())
        ).join(old, on=after.names, how="left", maintain_order="left")
        same = (pl.col("was") == pl.col("value")) & ~pl.col("changed") & ~pl.col("moved")
        kept = new.select(pl.when(same).then("number").otherwise(-1)).to_series().to_numpy().copy()
        fresh = kept < 0
        kept[fresh] = np.arange(firsts[-1], firsts[-1] + int(fresh.sum()))
        numbers.append(kept)
        firsts.append(firsts[-1] + int(fresh.sum()))
    return numbers, firsts


def _changed(table: CountTable, other: CountTable) -> BoolCells:
    """Return whether a leaf below each cell has another count in the other table."""
    both = table.counts.join(other.counts, on=table.names, how="left", suffix="_other")
    rows = both.filter(pl.col(COUNT) != pl.col(f"{COUNT}_other").fill_null(0))
    gone = other.counts.join(table.counts, on=table.names, how="anti").filter(pl.col(COUNT) > 0)
    inside = [pl.col(one.name).is_in(one.leaves) for one in table.dimensions]
    rows = pl.concat([rows.select(table.names), gone.filter(*inside).select(table.names)])
    inner = np.zeros([len(one.leaves) for one in table.dimensions], np.int64)
    inner[leaf_places(table.dimensions, rows)] = 1
    if table.part_axis is not None:
        inner[:] = inner.max(axis=table.part_axis, keepdims=True)
    return summed(table.dimensions, inner) > 0


def _counts_at(table: CountTable, other: CountTable) -> Numbers:
    """Return the other table's count of each cell of a table; -1 where it has no such cell."""
    old = other.keys.with_columns(was=pl.Series(other.cells.ravel()))
    found = table.keys.join(old, on=table.names, how="left", maintain_order="left")
    return found.get_column("was").fill_null(-1).to_numpy().reshape(table.shape)


def _all_equations(
    tables: Sequence[CountTable], numbers: Sequence[Numbers], firsts: Sequence[int]
) -> csr_array:
    """Return the equations of all tables; those between unchanged cells once."""
    kept = []
    for table, at, first in zip(tables, numbers, firsts[:-1], strict=True):
        rows = equations(table.dimensions, at.reshape(table.shape), firsts[-1])
        kept.append(rows[np.unique(rows.tocoo().coords[0][rows.tocoo().coords[1] >= first])])
    return vstack(kept, format="csr")
