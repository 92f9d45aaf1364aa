"""No small cell can be computed from what is published: attacks on protected tables."""

from __future__ import annotations

from itertools import product

import numpy as np
import polars as pl
import pytest

from kpr_stream.analytics.disclosure.hierarchy import PARTS, Dimension
from kpr_stream.analytics.disclosure.protect import protect
from kpr_stream.analytics.disclosure.published import Flag, published, shares
from kpr_stream.analytics.disclosure.releases import Release
from kpr_stream.analytics.disclosure.rule import DisclosureRule, sensitive
from kpr_stream.errors import ConfigurationError
from tests.unit.analytics.disclosure.attack import Attacker
from tests.unit.analytics.disclosure.tables import (
    MONTH,
    REGION,
    as_public,
    count_table,
    pinned,
)

Counts = dict[tuple[str, ...], int]

RULE = DisclosureRule()
SERVICE = Dimension("service", {"HELSESTASJON": "all", "SKOLE": "all", "HFU": "all"})


def _made(*dimensions: Dimension, seed: int = 1, mean: float = 8.0) -> Release:
    rng = np.random.default_rng(seed)
    leaves = product(*(one.leaves for one in dimensions))
    counts = {leaf: int(rng.poisson(mean * rng.random())) for leaf in leaves}
    return protect(count_table(dimensions, counts), RULE)


def _without_complement(release: Release) -> Release:
    return Release(release.table, release.sensitive, release.sensitive)


@pytest.mark.parametrize("dimensions", [(REGION,), (REGION, MONTH), (REGION, MONTH, SERVICE)])
def test_no_cell_is_pinned_and_without_complements_some_are(
    dimensions: tuple[Dimension, ...],
) -> None:
    release = _made(*dimensions)
    assert release.sensitive.any()
    assert pinned([release], whole=len(dimensions) < 3) == []
    assert pinned([_without_complement(release)]) != []


def test_numerator_and_complement_protect_each_other() -> None:
    release = _made(REGION, MONTH, PARTS, seed=3, mean=20)
    assert pinned([release]) == []
    assert pinned([_without_complement(release)]) != []


def test_zero_and_hundred_per_cent_of_a_small_group_are_hidden() -> None:
    counts: Counts = {
        ("3101", "numerator"): 7,
        ("3103", "complement"): 8,
        ("3105", "numerator"): 60,
        ("3105", "complement"): 40,
        ("030101", "numerator"): 50,
        ("030102", "numerator"): 90,
    }
    release = protect(count_table((REGION, PARTS), counts), RULE)
    found = {row[0]: row[1:] for row in shares(published(release)).iter_rows()}
    assert found["3101"][2:] == (None, Flag.HIDDEN)
    assert found["3103"][2:] == (None, Flag.HIDDEN)
    assert found["030102"][2:] == (1.0, Flag.NUMBER), "a large group may be at 100 %"
    assert pinned([release], whole=True) == []


def test_a_cell_that_is_exactly_the_threshold_is_shown() -> None:
    counts: Counts = {("3101",): 5, ("3103",): 4, ("3105",): 90, ("030101",): 50, ("030102",): 60}
    release = protect(count_table((REGION,), counts), RULE)
    cells = {row[0]: row[1:] for row in published(release).iter_rows()}
    assert cells["3103"] == (None, ":")
    assert cells["N"] == (209, "")
    assert int(release.hidden.sum()) == 2, "one small cell, and the cheapest that protects it"
    assert pinned([release], whole=True) == []


def test_the_same_table_gives_the_same_release() -> None:
    one, two = (_made(REGION, MONTH, SERVICE, seed=5) for _ in range(2))
    assert (one.hidden == two.hidden).all()


def test_a_table_of_small_numbers_alone_is_hidden_whole() -> None:
    release = protect(count_table((REGION,), {("3101",): 1, ("030101",): 1}), RULE)
    cells = published(release)
    assert cells.filter(pl.col("flag") == "").is_empty()
    assert pinned([release], whole=True) == []


def test_a_zero_that_was_not_reported_is_marked() -> None:
    counts: Counts = {
        ("3105", "01"): 50,
        ("030101", "01"): 60,
        ("030102", "02"): 90,
        ("3103", "02"): 70,
    }
    release = protect(count_table((REGION, MONTH), counts), RULE)
    silent = pl.DataFrame({"region": ["3105", "3101"], "month": ["02", "01"]})
    flags = {row[:2]: row[3] for row in published(release, silent).iter_rows()}
    assert flags["3105", "02"] == Flag.NOT_REPORTED
    assert flags["3105", "03"] == Flag.ZERO
    assert flags["3105", "01"] == Flag.NUMBER


# ---- earlier releases ----


COUNTS: Counts = {
    ("3101", "01"): 3,
    ("3103", "01"): 20,
    ("3105", "01"): 30,
    ("030101", "01"): 40,
    ("3101", "02"): 25,
    ("3103", "02"): 22,
    ("3105", "02"): 31,
    ("030102", "02"): 44,
    ("3101", "03"): 27,
    ("3103", "03"): 24,
    ("3105", "03"): 35,
    ("030102", "03"): 47,
}


def _later(changes: Counts, *, knows: bool = True) -> list[Release]:
    first = protect(count_table((REGION, MONTH), COUNTS), RULE)
    table = count_table((REGION, MONTH), COUNTS | changes)
    return [first, protect(table, RULE, [first] if knows else [])]


@pytest.mark.parametrize(
    "changes",
    [
        {("3103", "01"): 21},
        {("3101", "01"): 4},
        {("3101", "02"): 2, ("3105", "03"): 36},
        {("3105", "01"): 2},
        {("030102", "03"): 0},
        {("3101", "01"): 60},
    ],
)
def test_a_later_release_opens_nothing(changes: Counts) -> None:
    assert pinned(_later(changes), whole=True) == []


def test_a_later_release_that_forgets_the_earlier_is_caught() -> None:
    """3103 becomes small where 3101 was: without its history, another partner is hidden."""
    changes: Counts = {("3103", "03"): 2, ("3103", "01"): 70, ("3105", "01"): 6}
    assert pinned(_later(changes)) == []
    assert pinned(_later(changes, knows=False)) != []


@pytest.mark.parametrize(("count", "flag"), [(5, ":"), (9, ":"), (10, "")])
def test_a_hidden_cell_is_shown_again_only_at_twice_the_threshold(count: int, flag: str) -> None:
    counts: Counts = {("3101",): 3, ("3103",): 20, ("3105",): 50, ("030101",): 60, ("030102",): 70}
    first = protect(count_table((REGION,), counts), RULE)
    changed: Counts = {("3101",): count, ("3103",): 26}
    release = protect(count_table((REGION,), counts | changed), RULE, [first])
    flags = {row[0]: row[2] for row in published(release).iter_rows()}
    assert flags["3101"] == flag
    assert pinned([first, release], whole=True) == []


def test_a_cell_that_has_grown_stays_hidden_while_it_opens_the_earlier_release() -> None:
    """3101 alone has changed: shown, it would open 3103, and 3103 opens what 3101 was."""
    first, release = _later({("3101", "01"): 60})
    flags = {row[:2]: row[3] for row in published(release).iter_rows()}
    assert flags["3101", "01"] == Flag.HIDDEN
    shown = Release(release.table, first.hidden & ~(release.table.cells == 60), first.sensitive)
    assert pinned([first, shown]) != []


def test_a_value_that_the_earlier_release_rules_out_stops_no_later_release() -> None:
    """Of 7 visits of county 10, month 00 had at most 5: the others have 2 or more, and stay."""
    region = Dimension(
        "region",
        {"0": "N", "00": "0", "01": "0", "010": "01", "011": "01", "1": "N"}
        | {"10": "1", "100": "10", "101": "10", "11": "1", "110": "11", "111": "11", "12": "1"},
    )
    months = Dimension("month", {"00": "2026", "01": "2026", "02": "2026"})
    few = [("010", "00", 2), ("011", "00", 3), ("100", "02", 1), ("101", "00", 4)]
    few += [("101", "01", 1), ("101", "02", 1), ("110", "02", 4), ("111", "00", 1)]
    counts: Counts = dict.fromkeys(product(region.leaves, months.leaves), 0)
    counts |= {(place, month): count for place, month, count in few}
    first = protect(count_table((region, months), counts), RULE)
    fewer = count_table((region, months), counts | {("101", "00"): 0})
    later = protect(fewer, RULE, [first])
    assert later.hidden[later.sensitive].all()
    public = [as_public(first), as_public(later, first)]
    assert Attacker(public).range((1, ("10", "2026")))[0] == pytest.approx(2)
    assert pinned([first, later], whole=True) == []


def test_months_may_be_added_and_a_stricter_rule_is_refused() -> None:
    first = protect(count_table((REGION, MONTH), COUNTS), RULE)
    longer = Dimension("month", dict(MONTH.parents) | {"04": "2026"})
    table = count_table((REGION, longer), COUNTS | {("3101", "04"): 4, ("3105", "04"): 33})
    assert pinned([first, protect(table, RULE, [first])]) == []
    with pytest.raises(ConfigurationError, match="an earlier release shows them"):
        protect(table, DisclosureRule(threshold=25, small_group=25), [first])


# ---- what is refused ----


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(ValueError, match="Not leaves"):
        count_table((REGION,), {("31",): 5})
    with pytest.raises(ValueError, match="negative"):
        count_table((REGION,), {("3101",): -1})
    with pytest.raises(ValueError, match="roots"):
        Dimension("region", {"a": "b", "c": "d"})
    with pytest.raises(ValueError, match="circle"):
        Dimension("region", {"a": "N", "b": "c", "c": "b"})
    with pytest.raises(ValueError, match="threshold"):
        DisclosureRule(threshold=1)


def test_counts_below_the_threshold_are_sensitive() -> None:
    table = count_table((REGION,), {("3101",): 4, ("3103",): 5, ("030101",): 30})
    assert sensitive(table, RULE).sum() == 1
