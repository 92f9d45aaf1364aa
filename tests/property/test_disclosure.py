"""Any small table in any small hierarchy: nothing sensitive can be computed from releases."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from kpr_stream.analytics.disclosure.hierarchy import PARTS, Dimension
from kpr_stream.analytics.disclosure.protect import protect
from kpr_stream.analytics.disclosure.releases import Release
from kpr_stream.analytics.disclosure.rule import DisclosureRule
from tests.unit.analytics.disclosure.tables import count_table, pinned

SMALL = st.one_of(st.just(0), st.integers(1, 4), st.integers(0, 12), st.integers(0, 60))
Counts = dict[tuple[str, ...], int]


@st.composite
def hierarchies(draw: st.DrawFn) -> Dimension:
    """Draw a nation of 1 to 3 counties with 1 to 3 municipalities, some with districts."""
    parents = {}
    for county in range(draw(st.integers(1, 3))):
        parents[f"{county}"] = "N"
        for place in range(draw(st.integers(1, 3))):
            parents[f"{county}{place}"] = f"{county}"
            for district in range(draw(st.sampled_from([0, 0, 2]))):
                parents[f"{county}{place}{district}"] = f"{county}{place}"
    return Dimension("region", parents)


@st.composite
def histories(draw: st.DrawFn) -> tuple[tuple[Dimension, ...], list[Counts]]:
    """Draw dimensions and the counts of one to three releases that differ in a few leaves."""
    region = draw(hierarchies())
    months = Dimension("month", {f"{m:02}": "2026" for m in range(draw(st.integers(1, 3)))})
    others = draw(st.sampled_from([(), (months,), (PARTS,), (months, PARTS)]))
    dimensions = (region, *others)
    leaves = list(product(*(one.leaves for one in dimensions)))
    counts = [{leaf: draw(SMALL) for leaf in leaves}]
    for _ in range(draw(st.integers(0, 2))):
        changes = st.dictionaries(st.sampled_from(leaves), SMALL, max_size=3)
        counts.append(counts[-1] | draw(changes))
    return dimensions, counts


def _protected(dimensions: tuple[Dimension, ...], history: list[Counts]) -> list[Release]:
    releases: list[Release] = []
    for counts in history:
        releases.append(protect(count_table(dimensions, counts), DisclosureRule(), releases))
    return releases


@settings(max_examples=40)
@given(histories())
def test_no_sensitive_cell_loses_a_value(
    history: tuple[tuple[Dimension, ...], list[Counts]],
) -> None:
    assert pinned(_protected(*history)) == []


@settings(max_examples=10)
@given(histories())
def test_nor_does_it_for_an_attacker_who_counts_in_whole_numbers(
    history: tuple[tuple[Dimension, ...], list[Counts]],
) -> None:
    dimensions, counts = history
    assert pinned(_protected(dimensions, counts[:2]), whole=True) == []
