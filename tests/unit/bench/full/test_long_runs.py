"""What the long runs conclude from their samples, and from the counts of a register."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from bench.full.long.nation_counts import differing, expected_outcomes, in_any_order
from bench.full.long.nation_result import by_part, progress, result
from bench.full.long.soak import OWN, own_senders
from bench.full.long.soak_result import Answered, by_window
from bench.full.long.soak_result import result as soaked
from kpr_stream.model.partition import partition_of
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.simulate.nation.people.places import places


def sample(seconds: float, answered: int, worker: float = 100, database: float = 50) -> Any:
    used = {"worker": worker, "database": database}
    return {"seconds": seconds, "answered": answered, "memory_mb": used, "peak_mb": used}


def test_the_speed_of_each_part_lies_between_samples() -> None:
    samples = [sample(10, 100), sample(20, 300), sample(40, 400)]
    assert by_part(400, samples, parts=4) == [10, 20, 20, 5]


def test_a_run_that_has_not_answered_everything_has_no_result() -> None:
    with pytest.raises(ValueError, match="only 300 of 400 items"):
        by_part(400, [sample(10, 300)], parts=1)


def test_the_result_has_the_time_until_all_is_stored_and_the_peaks() -> None:
    samples = [sample(1800, 200, worker=300), sample(3600, 400), sample(7200, 400, database=80)]
    samples[1]["disk_mb"] = {"ledgers": 1.0}
    samples[2]["disk_mb"] = {"ledgers": 2.0}
    found = result(400, samples)
    assert (found["hours_until_answered"], found["hours_until_stored"]) == (1.0, 2.0)
    assert found["peak_mb"] == {"worker": 300, "database": 80}
    assert found["disk_mb"] == {"ledgers": 2.0}


def test_progress_says_how_far_and_how_fast_it_is() -> None:
    shown = progress((120.0, 600), (110.0, 500), 1_200, {"worker": 210.0})
    assert "600 of 1,200 items (50.0%), 10/s now, 5/s in all, 2 min left" in shown
    assert "worker 210" in shown
    assert "not begun" in progress((5.0, 0), (0.0, 0), 1_200, {})


def test_the_expected_outcomes_leave_out_units_that_sent_nothing() -> None:
    unit = {"items_sent": 3, "outcomes": {"accepted": 3, "stale": 0}}
    nothing = {"items_sent": 0, "outcomes": {"accepted": 0}}
    found = expected_outcomes({"systems": {"eg-infodoc": {"units": {"8": unit, "9": nothing}}}})
    assert found == {("eg-infodoc", "8"): Counter(accepted=3)}


def test_the_order_of_two_systems_makes_no_difference_but_a_lost_item_does() -> None:
    day_by_day = {("eg-infodoc", "8"): Counter(accepted=5, stale=2, rejected=1)}
    older_first = {("eg-infodoc", "8"): Counter(accepted=6, corrected=1, rejected=1, deleted=0)}
    lost = {("eg-infodoc", "8"): Counter(accepted=5, corrected=1, rejected=1)}
    wanted = in_any_order(day_by_day)
    assert wanted == {("eg-infodoc", "8"): (8, 1)} == in_any_order(older_first)
    assert differing(in_any_order(lost), wanted) == {("eg-infodoc", "8"): ((7, 1), (8, 1))}
    assert in_any_order({("eg-infodoc", "9"): Counter()}) == {}


def test_differences_name_both_sides() -> None:
    assert differing({"a": 1, "b": 2}, {"b": 3, "c": 4}) == {
        "a": (1, None),
        "b": (2, 3),
        "c": (None, 4),
    }


def test_own_senders_are_in_all_lanes_and_not_in_the_nation() -> None:
    own = own_senders()
    assert len({*own}) == OWN
    assert [partition_of(number) for number in own[:PARTITIONS]] == [*range(PARTITIONS)]
    nation = places(share=1, municipalities=(), change_of_epj=True)
    assert not {*own} & {unit.org_nr for place in nation for unit in place.units}


def test_a_soak_shows_each_window_and_the_second_half() -> None:
    answered = [Answered(at, 10.0 + at / 10) for at in range(40)]
    assert [(at, len(found)) for at, found in by_window(answered, 10)] == [
        (0, 10),
        (10, 10),
        (20, 10),
        (30, 10),
    ]
    samples = [
        {
            "seconds": at,
            "memory_mb": {"worker": 100.0 + at},
            "open_files": {"worker": 40},
            "ledger_mb": at / 10,
        }
        for at in range(5, 41, 5)
    ]
    found = soaked(samples, answered, 10)
    assert [one["deliveries"] for one in found["windows"]] == [10] * 4
    assert [one["memory_mb"]["worker"] for one in found["windows"]] == [105, 112.5, 122.5, 132.5]
    half = found["second_half"]
    assert half["memory_mb"]["worker"]["slope_an_hour"] == pytest.approx(3600)
    assert not half["memory_mb"]["worker"]["flat"]
    assert half["open_files"]["worker"]["flat"]
    assert half["ms_to_receipt"]["p50"]["mean"] > 12
    assert found["ledger_mb"] == {"beginning": 0.5, "end": 4.0}
