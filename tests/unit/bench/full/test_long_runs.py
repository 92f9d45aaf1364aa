"""What the long runs conclude from their samples, and from the counts of a register."""

from __future__ import annotations

import pytest

from bench.full.long.soak import OWN, own_senders
from bench.full.long.soak_result import Answered, by_window
from bench.full.long.soak_result import result as soaked
from kpr_stream.model.partition import partition_of
from kpr_stream.model.topics import PARTITIONS
from kpr_stream.simulate.nation.people.places import places


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
