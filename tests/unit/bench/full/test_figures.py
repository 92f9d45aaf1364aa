"""The pure parts of the long benchmarks: ratios, trends, parts of the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.figures import medians, percentile
from bench.full.long.samples import add_sample, peaks, read_samples
from bench.full.long.trend import trend
from bench.full.processes import ratios, shared
from bench.full.run import there
from bench.full.sizes import loads, with_deliveries
from bench.full.switched_worker import Progress, read_notes
from bench.full.without import compared


def figures(speed: float, cpu: float = 1.0) -> dict[str, float]:
    return {"items_a_second": speed, "cpu_microseconds_an_item": cpu}


def test_the_median_of_each_figure_counts() -> None:
    rounds = [{"worker": figures(speed)} for speed in (3.0, 1.0, 7.0)]
    assert medians(rounds) == {"worker": figures(3.0)}


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(n) for n in range(100, 0, -1)]
    assert [percentile(values, p) for p in (0, 50, 99, 100)] == [1.0, 51.0, 100.0, 100.0]


def test_each_size_has_its_load() -> None:
    found = [(load.each, load.deliveries) for load in loads(items=2_000, deliveries=150)]
    assert found == [(1, 150), (10, 150), (100, 20), (1_000, 2)]


def test_figures_of_items_give_those_of_deliveries() -> None:
    found = with_deliveries(figures(500.0, 20.0), each=10)
    assert (found["deliveries_a_second"], found["cpu_microseconds_a_delivery"]) == (50.0, 200)


def test_what_a_guarantee_costs_is_a_ratio_to_the_worker_with_all() -> None:
    found = compared(
        {"plain_loop": figures(800), "nothing": figures(100, 40), "ledger": figures(125, 30)}
    )
    assert set(found["without"]) == {"ledger"}
    ledger = found["without"]["ledger"]
    assert (ledger["speed_ratio"], ledger["cpu_ratio"]) == (1.25, 0.75)
    assert ledger["speed_to_plain_loop"] == 0.16


def test_processes_are_compared_with_the_first_number() -> None:
    found = {
        "worker_alone_1": figures(100),
        "worker_alone_2": figures(150),
        "end_to_end_1": figures(80),
        "end_to_end_2": figures(60),
    }
    assert ratios(found, (1, 2)) == {
        "worker_alone": {"1": 1.0, "2": 1.5},
        "end_to_end": {"1": 1.0, "2": 0.75},
    }


def test_lanes_are_shared_when_every_process_has_opened_its_own() -> None:
    log = "12:00 w-1 lanes [0, 1, 2, 3, 4, 5, 6, 7] are open after 0.50 s\n"
    assert shared(log, 1)
    assert not shared(log, 2)
    log += "12:01 w-2 lanes [1, 3, 5, 7] are open after 0.30 s\n"
    assert not shared(log, 2)
    log += "12:01 w-1 lanes [0, 2, 4, 6] are open after 0.30 s\n"
    assert shared(log, 2)


def test_only_modules_that_exist_are_run() -> None:
    assert there(["bench.full.sizes", "bench.nowhere.run"]) == ["bench.full.sizes"]


def test_the_last_whole_note_of_a_worker_counts(tmp_path: Path) -> None:
    file = tmp_path / "notes"
    assert read_notes(file) == Progress()
    file.write_text("12.5 100\n13.5 200\n14.")
    assert read_notes(file) == Progress(13.5, 200)
    file.write_text("12.")
    assert read_notes(file) == Progress()


def test_a_line_of_samples_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "samples"
    assert read_samples(file) == []
    add_sample(file, {"memory_mb": {"worker": 10, "broker": 5}})
    add_sample(file, {"memory_mb": {"worker": 7, "broker": 6}})
    with file.open("a") as out:
        out.write('{"memory_mb":')
    found = read_samples(file)
    assert len(found) == 2
    assert peaks(found, "memory_mb") == {"worker": 10, "broker": 6}


@pytest.mark.parametrize(("slope", "flat"), [(0.0, True), (0.001, True), (0.1, False)])
def test_a_trend_is_that_of_the_second_half(slope: float, flat: bool) -> None:  # noqa: FBT001
    seconds = [float(n) for n in range(0, 601, 10)]
    # The first half grows fast: a process that has just started does.
    values = [at if at < 300 else 300.0 + slope * (at - 300) for at in seconds]
    found = trend(seconds, values, flat_within=0.02)
    assert found["slope_an_hour"] == pytest.approx(slope * 3600)
    assert found["flat"] is flat


def test_one_value_has_no_slope() -> None:
    assert trend([5.0], [3.0], 0.1) == {
        "mean": 3.0,
        "slope_an_hour": 0.0,
        "change": 0.0,
        "flat": True,
    }
