"""The nation is lived at the published levels, to within two percentage points."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
import pytest

from kpr_stream.simulate.nation.generate import Plan
from kpr_stream.simulate.nation.make import make
from kpr_stream.simulate.nation.people.places import places
from kpr_stream.simulate.nation.records.slots import make_slots
from kpr_stream.simulate.nation.truth import person_tables, record_table
from tests.end_to_end.levels import PUBLISHED, counted, farthest, summed

pytestmark = pytest.mark.slow

SHARE = 0.05
"""Some 2,500 children a year: chance alone moves a level of 90 % by 0.6 points."""
NEAR_ENOUGH = 2.0


def counts() -> Iterator[pl.DataFrame]:
    plan = Plan()
    slots = make_slots(plan.first, plan.last, plan.daily_from)
    for place in places(share=SHARE, municipalities=(), change_of_epj=True):
        made = make(place, slots, plan.seed)
        reserved = person_tables.reservations(place, made.people, 0, 1, plan.seed)
        records = pl.concat(
            record_table.records(series, received, reserved, made.series[0] if n else None)
            for n, (series, received) in enumerate(zip(made.series, made.received, strict=True))
        )
        yield counted(records, person_tables.persons(place, made.people))


def test_the_levels_are_the_published_ones(capsys: pytest.CaptureFixture[str]) -> None:
    found = summed(counts())
    with capsys.disabled():
        for indicator, levels in PUBLISHED.items():
            for year, level in levels.items():
                print(f"\n{indicator} {year or ''}: {level} published, {found[indicator][year]}")  # noqa: T201 - how near is what one wants to see
    distance, where = farthest(found)
    assert distance < NEAR_ENOUGH, where
    assert distance > 0, "a level that is met exactly is not counted but copied"
