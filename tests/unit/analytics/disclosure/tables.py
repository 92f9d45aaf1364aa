"""Small tables for tests, and releases as an attacker reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from kpr_stream.analytics.disclosure.hierarchy import Dimension
from kpr_stream.analytics.disclosure.published import published
from kpr_stream.analytics.disclosure.releases import Release
from kpr_stream.analytics.disclosure.table import CountTable
from tests.unit.analytics.disclosure.attack import Attacker, Key, Public

REGION = Dimension(
    "region",
    {"03": "N", "0301": "03", "030101": "0301", "030102": "0301"}
    | {"31": "N", "3101": "31", "3103": "31", "3105": "31"},
)
MONTH = Dimension("month", {"01": "2026", "02": "2026", "03": "2026"})


def count_table(dimensions: Sequence[Dimension], counts: Mapping[Key, int]) -> CountTable:
    """Make a table from counts of combinations of leaves."""
    names = [one.name for one in dimensions]
    rows = [(*leaf, count) for leaf, count in counts.items()]
    schema = dict.fromkeys(names, pl.String) | {"count": pl.Int64}
    return CountTable(tuple(dimensions), pl.DataFrame(rows, schema=schema, orient="row"))


def as_public(release: Release, before: Release | None = None) -> Public:
    """Return what an attacker reads, and which leaves have changed since the release before."""
    cells = published(release)
    values = {tuple(row[:-2]): row[-2] for row in cells.iter_rows()}
    changed = frozenset(_differing(release.table, before.table)) if before else frozenset()
    return Public([one.parents for one in release.table.dimensions], values, changed)


def pinned(releases: Sequence[Release], highest: int = 4, *, whole: bool = False) -> list[str]:
    """Attack every sensitive cell of every release: report each that lost a value from 1 up.

    A value that was impossible before a release, whatever it showed, is not lost by it.
    """
    public = [as_public(one, releases[at - 1] if at else None) for at, one in enumerate(releases)]
    attacker = Attacker(public)
    found = []
    for number, release in enumerate(releases):
        before = Attacker([*public[:number], public[number].without_news()])
        keys = release.table.keys.filter(pl.Series(release.sensitive.ravel()))
        for cell in ((number, key) for key in keys.iter_rows()):
            low, high = attacker.range(cell)
            if low > 1.001 or high < highest - 0.001:
                lowest, most = before.range(cell) if number else (0, np.inf)
                if low > max(1, lowest) + 0.001 or high < min(highest, most) - 0.001:
                    found.append(f"release {number} {cell[1]}: {low} to {high}")
            elif whole:
                values = range(1, highest + 1)
                lost = [v for v in values if not attacker.possible(cell, v)]
                lost = [v for v in lost if number == 0 or before.possible(cell, v)]
                found += [f"release {number} {cell[1]}: never {lost}"] if lost else []
    return found


def _differing(table: CountTable, other: CountTable) -> set[Key]:
    """Leaves with another count; with shares, both sides of a group in which one has changed."""
    ours, theirs = ({row[:-1]: row[-1] for row in one.counts.iter_rows()} for one in (table, other))
    changed = {k for k in ours.keys() | theirs.keys() if ours.get(k, 0) != theirs.get(k, 0)}
    if "part" not in table.names:
        return changed
    at = table.names.index("part")
    sides = ("numerator", "complement")
    return {(*key[:at], side, *key[at + 1 :]) for key in changed for side in sides}
