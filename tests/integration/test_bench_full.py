"""Each long benchmark in its smallest form, so that none of them stops working unnoticed."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from pathlib import Path

import pytest

from bench.full import growth, processes, sizes, without
from bench.full.long.nation import NationBackfill
from bench.full.long.samples import read_samples
from bench.full.long.soak import Soak
from bench.full.switches import SWITCHES
from kpr_stream.model.words import OUTCOMES, SYSTEMS
from kpr_stream.settings import Settings
from kpr_stream.simulate.nation.generate import Plan
from tests.end_to_end.histories import SMALL

pytestmark = pytest.mark.long

EACH = 20


def test_a_worker_is_measured_over_histories(stack: Settings, tmp_path: Path) -> None:
    options = Namespace(rounds=1, each=EACH, history=[1_000, 8_000])
    found = growth.measure(stack, tmp_path, options)
    assert found["items_sent_again"] == 64
    short, long = found["medians_by_items_of_history"].values()
    assert min(short["items_a_second"], short["peak_mb"], short["ledger_mb_on_disk"]) > 0
    # 2.5 entries an item.
    assert long["ledger_entries"] - short["ledger_entries"] == pytest.approx(17_500, rel=0.1)


def test_a_worker_is_measured_with_small_deliveries(stack: Settings, tmp_path: Path) -> None:
    found = sizes.measure(stack, tmp_path, Namespace(rounds=1, items=1_000, deliveries=20))
    assert found["deliveries"] == {"1": 20, "10": 20, "100": 10, "1000": 1}
    assert found["ratio_to_the_largest"]["1000"] == 1
    assert all(
        one["deliveries_a_second"] > 0 for one in found["medians_by_items_a_delivery"].values()
    )


def test_each_guarantee_is_switched_off(stack: Settings, tmp_path: Path) -> None:
    deliveries, each = 2, 500
    found = without.measure(stack, tmp_path, Namespace(rounds=1, deliveries=deliveries, each=each))
    off = found["without"]
    assert set(off) == {*SWITCHES, "encryption", "rights", "columns", without.ALL_OFF}
    on = found["everything_on"]
    for name, one in off.items():
        # Every item is written, whatever is off.
        assert one["cleaned"] >= deliveries * each, name
        assert one["speed_ratio"] > 0, name
    assert on["receipts"] >= deliveries
    assert off["receipts"]["receipts"] == off[without.ALL_OFF]["receipts"] == 0
    # A transaction leaves a record of its own in each partition.
    assert off["exactly_once"]["cleaned"] == deliveries * each < on["cleaned"]
    assert off["identities"]["identities"] < on["identities"] / 10


def test_processes_are_compared(stack: Settings, tmp_path: Path) -> None:
    options = Namespace(rounds=1, deliveries=32, each=EACH, processes=(1, 2))
    found = processes.measure(stack, tmp_path, options)
    assert set(found["ratio_to_one_process"]) == {"worker_alone", "end_to_end"}
    assert (
        found["medians"]["worker_alone_2"]["peak_mb"]
        > found["medians"]["worker_alone_1"]["peak_mb"]
    )


async def test_a_nation_can_be_stopped_and_resumed_and_its_counts_are_the_truth(
    tmp_path: Path,
) -> None:
    plan = Plan(seed=SMALL.seed, municipalities=SMALL.municipalities[:2])
    stopped = NationBackfill(tmp_path, plan, every_s=0.5)
    run = asyncio.create_task(stopped.run())
    while not run.done() and not answered(stopped):  # noqa: ASYNC110 - other processes
        await asyncio.sleep(0.2)
    stopped.stop.set()
    assert await run is None
    found = await NationBackfill(tmp_path, plan, processes=2, every_s=0.5).run()
    assert found is not None
    assert found["counts"]["equal"], found["counts"]
    assert set(found["counts"]["items_by_outcome"]) <= {outcome.value for outcome in OUTCOMES}
    assert sum(found["counts"]["items_by_outcome"].values()) == found["items"] > 1_000
    assert found["counts"]["deliveries_answered_twice"] == 0
    assert len(found["items_a_second_by_tenth"]) == 10
    assert {"worker", "content-sink", "identity-sink", "broker", "database"} <= {*found["peak_mb"]}
    assert min(found["disk_mb"].values()) > 0
    assert found["restarts"] == 0


def answered(run: NationBackfill) -> int:
    """Return how many items were answered at the last sample."""
    found = read_samples(run.samples)
    return int(found[-1]["answered"]) if found else 0


async def test_a_soak_shows_what_grows(tmp_path: Path) -> None:
    soak = Soak(folder=tmp_path, seconds=20, pace=10, files=4, every_s=1, window_s=5)
    found = await soak.run()
    assert found["deliveries"] == 200
    assert found["deliveries_of_connectors"] > 0
    assert found["restarts"] == 0
    assert len(found["windows"]) >= 4
    assert {f"connector-{system}" for system in SYSTEMS} < {*found["second_half"]["memory_mb"]}
    for of in found["second_half"].values():
        assert all(one["mean"] > 0 for one in of.values())
    assert found["ms_to_receipt"]["p50"] <= found["ms_to_receipt"]["p99"]
