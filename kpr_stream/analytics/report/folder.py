"""Earlier releases on disk: the hidden counts too, so for the register's own eyes.

One folder a release, named by its day; one Parquet file a table, with its trees as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from shutil import rmtree

import polars as pl

from kpr_stream.analytics.disclosure.hierarchy import Dimension
from kpr_stream.analytics.disclosure.releases import Release
from kpr_stream.analytics.disclosure.table import COUNT, CountTable
from kpr_stream.errors import ConfigurationError
from kpr_stream.process.folders import make_folder

TREES = "trees.json"
PRIVATE = 0o700
"""Only the account of the register reads hidden counts."""
KEPT = 3
"""Earlier releases that a new one is protected against.

Each makes the programmes larger, and a cell that changed three times has long been a new one.
"""


def earlier_releases(folder: Path, before: date) -> dict[str, list[Release]]:
    """Return the newest releases before a day, oldest first, by the name of their table.

    Raises ConfigurationError if a file of a release cannot be read.
    """
    days = sorted(one.name for one in folder.glob("20*") if one.name < before.isoformat())
    found: dict[str, list[Release]] = {}
    for day in days[-KEPT:]:
        for name, release in _load(folder / day).items():
            found.setdefault(name, []).append(release)
    return found


def keep_releases(folder: Path, day: date, releases: Mapping[str, Release]) -> None:
    """Store the releases of a day; those of the same day are replaced."""
    make_folder(folder)
    folder.chmod(PRIVATE)
    new = folder / f"new-{day.isoformat()}"
    rmtree(new, ignore_errors=True)
    new.mkdir()
    trees = {}
    for name, one in releases.items():
        trees[name] = [[at.name, dict(at.parents)] for at in one.table.dimensions]
        cells = one.table.keys.with_columns(
            pl.Series(COUNT, one.table.cells.ravel()),
            pl.Series("hidden", one.hidden.ravel()),
            pl.Series("sensitive", one.sensitive.ravel()),
        )
        cells.write_parquet(new / f"{name}.parquet")
    (new / TREES).write_text(json.dumps(trees), "utf-8")
    final = folder / day.isoformat()
    rmtree(final, ignore_errors=True)
    new.rename(final)


def _load(folder: Path) -> dict[str, Release]:
    try:
        trees = json.loads((folder / TREES).read_text("utf-8"))
        return {name: _release(folder / f"{name}.parquet", tree) for name, tree in trees.items()}
    except (OSError, ValueError, pl.exceptions.PolarsError) as cause:
        raise ConfigurationError(
            f"The earlier release {folder} cannot be read: {type(cause).__name__}.",
            what_to_do="Restore it from a backup: without it, what it hid may be computed from "
            "the new release.",
        ) from None


def _release(file: Path, tree: list[tuple[str, dict[str, str]]]) -> Release:
    dimensions = tuple(Dimension(name, parents) for name, parents in tree)
    cells = pl.read_parquet(file)
    leaves = [pl.col(one.name).is_in(one.leaves) for one in dimensions]
    names = [one.name for one in dimensions]
    table = CountTable(dimensions, cells.filter(*leaves).select(*names, COUNT))
    in_order = table.keys.join(cells, on=names, how="left", maintain_order="left")
    hidden, secret = (
        in_order.get_column(name).to_numpy().reshape(table.shape)
        for name in ("hidden", "sensitive")
    )
    return Release(table, hidden, secret)
