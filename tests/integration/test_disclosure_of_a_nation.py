"""Disclosure control at the size of the nation: all municipalities, all months of a year.

Prints what it measured: `pytest -s -m long tests/integration/test_disclosure_of_a_nation.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from time import process_time

import numpy as np
import polars as pl
import pytest

from kpr_stream.analytics.disclosure.hierarchy import PARTS, Dimension
from kpr_stream.analytics.disclosure.protect import protect
from kpr_stream.analytics.disclosure.releases import Release
from kpr_stream.analytics.disclosure.rule import DisclosureRule
from kpr_stream.analytics.disclosure.table import CountTable
from tests.support.repository import PACKAGE
from tests.unit.analytics.disclosure.attack import Attacker, Key
from tests.unit.analytics.disclosure.tables import as_public, count_table

Maker = Callable[[np.random.Generator, Dimension], CountTable]

DATA = PACKAGE / "reference" / "data"
MONTHS = Dimension("month", {f"2026-{month:02}": "2026" for month in range(1, 13)})
CONTACTS_OF_A_BIRTH = {"0-5": 1.2, "6-19": 0.6, "ante": 0.25, "group": 0.1, "rare": 0.03}
"""Contacts a month for each yearly birth, by service: the sizes matter here, not the services."""
SERVICES = Dimension("service", dict.fromkeys(CONTACTS_OF_A_BIRTH, "all"))
ATTACKED = 12
"""Sensitive cells that are attacked, of some thousands: each takes two large programmes."""
MOST_S = 600.0
"""A hang, and no more: 20 to 30 s of computing were measured."""


def _regions() -> Dimension:
    places = pl.read_csv(DATA / "kommuner.csv", infer_schema=False)
    valid = places.filter(pl.col("valid_to").is_null() & (pl.col("code") != "9999"))
    parents: dict[str, str] = {}
    for code, county in valid.select("code", "county_code").iter_rows():
        parents |= {code: f"county {county}", f"county {county}": "nation"}
    districts = pl.read_csv(DATA / "bydeler.csv", infer_schema=False)
    oslo = districts.filter(pl.col("municipality_code") == "0301").get_column("code")
    return Dimension("region", parents | dict.fromkeys(oslo, "0301"))


def _births(regions: Dimension) -> dict[str, float]:
    codes = {"municipality_code": pl.String}
    residents = pl.read_csv(DATA / "residents.csv", schema_overrides=codes)
    newest = residents.filter(pl.col("year") == 2026).group_by("municipality_code")
    found = dict(newest.agg(pl.col("age_0").sum()).iter_rows())
    share = found["0301"] / len(regions.children["0301"])
    return {leaf: found.get(leaf, share if len(leaf) == 6 else 0) for leaf in regions.leaves}


def _activity(rng: np.random.Generator, regions: Dimension) -> CountTable:
    counts: dict[Key, int] = {}
    for region, births in _births(regions).items():
        for month in MONTHS.leaves:
            for service, contacts in CONTACTS_OF_A_BIRTH.items():
                counts[region, month, service] = int(rng.poisson(births * contacts))
    return count_table((regions, MONTHS, SERVICES), counts)


def _shares(rng: np.random.Generator, regions: Dimension) -> CountTable:
    counts: dict[Key, int] = {}
    for region, births in _births(regions).items():
        for month in MONTHS.leaves:
            group = rng.poisson(births / 12)
            seen = rng.binomial(group, 0.95)
            counts[region, month, "numerator"] = int(seen)
            counts[region, month, "complement"] = int(group - seen)
    return count_table((regions, MONTHS, PARTS), counts)


def _later(rng: np.random.Generator, table: CountTable) -> CountTable:
    """One row in fifty gets a late report."""
    late = pl.Series(rng.random(table.counts.height) < 0.02)
    more = pl.Series(rng.integers(1, 4, table.counts.height))
    counts = table.counts.with_columns(pl.col("count") + pl.when(late).then(more).otherwise(0))
    return CountTable(table.dimensions, counts)


def _measured(name: str, table: CountTable, earlier: list[Release]) -> Release:
    begun = process_time()
    release = protect(table, DisclosureRule(), earlier)
    took = process_time() - begun
    figures: Mapping[str, int] = {
        "cells": table.cells.size,
        "sensitive": int(release.sensitive.sum()),
        "hidden": int(release.hidden.sum()),
    }
    counted = table.cells[release.hidden].sum() / table.cells.sum()
    sys.stdout.write(f"\n{name}: {took:.0f} s, {figures}, {counted:.1%} of all counts in them\n")
    sys.stdout.flush()
    assert took < MOST_S
    return release


@pytest.mark.long
@pytest.mark.parametrize("make", [_activity, _shares])
def test_a_year_of_all_municipalities_is_protected_in_two_releases(make: Maker) -> None:
    rng = np.random.default_rng(16)
    first_table = make(rng, _regions())
    first = _measured(f"{make.__name__} first", first_table, [])
    second = _measured(f"{make.__name__} second", _later(rng, first_table), [first])
    attacker = Attacker([as_public(first), as_public(second, first)])
    secret = second.table.keys.filter(pl.Series(second.sensitive.ravel()))
    for key in secret.sample(ATTACKED, seed=16).iter_rows():
        low, high = attacker.range((1, key))
        assert low <= 1.001, key
        assert high >= 3.999, key
