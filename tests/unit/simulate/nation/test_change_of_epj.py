"""When a place changes its system, and which one it has before and after."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from kpr_stream.model.words import System
from kpr_stream.simulate.nation.days import number
from kpr_stream.simulate.nation.generate import Plan, generate
from kpr_stream.simulate.nation.make import make
from kpr_stream.simulate.nation.people.places import Place, places
from kpr_stream.simulate.nation.records.slots import make_slots
from kpr_stream.simulate.nation.visits.visits import Origin
from tests.end_to_end import truth

CODE, CHANGE_DAY = "5630", date(2018, 11, 1)
CGM, VISMA = System.CGM_HELSESTASJON, System.VISMA_HSPRO


def place(*, change_of_epj: bool = True) -> Place:
    (found,) = places(share=1.0, municipalities=(CODE,), change_of_epj=change_of_epj)
    return found


@pytest.mark.parametrize(
    ("first", "last", "systems"),
    [
        (date(2017, 1, 1), date(2018, 10, 31), [CGM]),
        (date(2017, 1, 1), date(2025, 12, 31), [CGM, VISMA]),
        (date(2018, 10, 1), date(2018, 11, 30), [CGM, VISMA]),
        (date(2018, 11, 1), date(2019, 12, 31), [VISMA]),
        (date(2020, 1, 1), date(2020, 1, 1), [VISMA]),
    ],
)
def test_the_older_before_both_over_it_and_the_newer_after(
    first: date, last: date, systems: list[System]
) -> None:
    assert place().change_day == number(CHANGE_DAY)
    made = make(place(), make_slots(first, last, date(2026, 1, 1)), seed=1)
    assert [series.system for series in made.series] == systems


def test_nobody_changes_where_nobody_shall() -> None:
    slots = make_slots(date(2017, 1, 1), date(2025, 12, 31), date(2026, 1, 1))
    made = make(place(change_of_epj=False), slots, seed=1)
    assert [series.system for series in made.series] == [CGM]


def test_the_newer_brings_all_in_one_night_and_the_older_goes_on_for_three_months(
    tmp_path: Path,
) -> None:
    generate(Plan(municipalities=(CODE,)), tmp_path / "out")
    files = truth.table(tmp_path / "out", "files").with_columns(
        day=(pl.col("sent_at") // 86_400_000)
    )
    older, newer = (
        files.filter(pl.col("system") == system.value)["day"].to_list() for system in (CGM, VISMA)
    )
    assert newer.count(number(CHANGE_DAY)) == 2 * 22  # two types of message, 22 months
    assert min(newer) == number(CHANGE_DAY)
    assert max(older) < number(CHANGE_DAY) + 130
    rounds = files.sort("sent_at")["round"].to_list()
    assert rounds == sorted(rounds)
    assert rounds[-1] > 3


def test_converted_journals_know_other_minutes_or_the_date_only() -> None:
    slots = make_slots(date(2017, 1, 1), date(2025, 12, 31), date(2026, 1, 1))
    (of,) = places(share=1.0, municipalities=("5514",), change_of_epj=True)
    older, newer = make(of, slots, seed=1).series
    rows, before = newer.history.rows, older.history.rows
    brought = rows["origin"] == Origin.CONVERTED
    same_as = rows["same_as"][brought]
    assert (same_as >= 0).all()
    assert (rows["person"][brought] == before["person"][same_as]).mean() > 0.99
    date_only = rows["date_only"][brought] == 1
    other = ~date_only & (rows["minute"][brought] != before["minute"][same_as])
    assert 0.3 < date_only.mean() < 0.9
    assert 0.03 < other.mean() < 0.2
    both = rows["origin"] == Origin.IN_BOTH_SYSTEMS
    assert both.sum() > 5
