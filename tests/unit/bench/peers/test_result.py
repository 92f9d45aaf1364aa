"""Medians and ratios of the peers, and the rows of their page."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bench.figures import Figures
from bench.peers import run
from bench.peers.everything import NAME
from bench.peers.measure import Measured
from bench.peers.result import by_size, figures, ratios
from tests.support.repository import ROOT
from tools import peers_page


def speed(items_a_second: float) -> Figures:
    return {
        "items_a_second": items_a_second,
        "cpu_microseconds_an_item": 20.04,
        "peak_mb": 100.0,
        "doubles": 0.0,
    }


def result(**more: Any) -> dict[str, Any]:
    """What a run writes, with made-up figures."""
    rounds = [
        {"1000": {"plain-loop": speed(10_000 + n), "faust": speed(1_000), NAME: speed(20_000)}}
        for n in (0, 1, 2)
    ]
    return {
        "machine": {"cpus": 2, "processor": "X", "python": "3.11", "load_average": 1.0},
        "versions": {"faust": "faust-streaming 0.15.3"},
        "peers": run.words(),
        "rounds": 3,
        "items": 64_000,
        "by_size": by_size(rounds),
        "not_run": {},
        "sink": None,
    } | more


def test_figures_are_by_item_and_second() -> None:
    found = figures(Measured(2.0, 1.0, 50.0, ()), 10_000, 3)
    assert found == {
        "items_a_second": 5_000,
        "cpu_microseconds_an_item": 100,
        "peak_mb": 50,
        "doubles": 3,
    }


def test_medians_are_of_all_rounds_and_ratios_are_to_the_plain_loop() -> None:
    own = result()["by_size"]["1000"]
    assert own["medians"]["plain-loop"]["items_a_second"] == 10_001
    assert own["ratio_to_plain_loop"] == {"plain-loop": 1.0, "faust": 0.1, NAME: 2.0}
    assert len(own["all_rounds"]) == 3


def test_a_peer_that_failed_in_a_round_has_no_median() -> None:
    whole = {"plain-loop": speed(10_000), "faust": speed(1_000)}
    part = {"plain-loop": speed(10_000)}
    assert set(by_size([{"100": whole}, {"100": part}])["100"]["medians"]) == {"plain-loop"}


def test_without_the_plain_loop_there_are_no_ratios() -> None:
    assert ratios({"faust": speed(1_000)}) == {}


def test_the_page_lists_the_fastest_first() -> None:
    found = result()
    rows = list(peers_page.peer_rows(found["by_size"]["1000"], found["peers"]))
    assert [row[0] for row in rows] == [
        "ours with everything",
        "plain loop (aiokafka, a dictionary)",
        "Faust with a table",
    ]
    assert rows[0][2:] == ["20,000", "2.00", "20.0", "100", "0"]


def test_the_page_says_why_a_peer_did_not_run_on_one_line() -> None:
    text = peers_page.tables(result(not_run={"kafka-streams": "no | such\ncommand"}))
    assert "| Kafka Streams (Java) | no / such command |" in text
    assert "## Not run" not in peers_page.tables(result())


def test_the_page_shows_the_ways_into_the_database() -> None:
    sink = {"rows_a_second": {"copy_loop": 20_000}, "ratio_to_copy_loop": {"copy_loop": 1.0}}
    text = peers_page.tables(result(sink=sink))
    assert "| decode and COPY, table without index | 20,000 | 1.00 |" in text


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Where kept figures, their page and a machine's own figures go."""
    found = {name: tmp_path / name for name in ("kept", "page", "own")}
    found["page"].write_text(f"# Peers\n\n{peers_page.MARK}\n", "utf-8")
    monkeypatch.setattr(peers_page, "RESULTS", found["kept"])
    monkeypatch.setattr(peers_page, "PAGE", found["page"])
    monkeypatch.setattr(run, "OWN", found["own"])
    return found


def test_without_keep_only_an_ignored_file_is_written(files: dict[str, Path]) -> None:
    before = files["page"].read_text("utf-8")
    run.store(result(), keep=False)
    assert json.loads(files["own"].read_text("utf-8")) == result()
    assert not files["kept"].exists()
    assert files["page"].read_text("utf-8") == before


def test_with_keep_the_page_shows_the_new_figures(files: dict[str, Path]) -> None:
    run.store(result(), keep=True)
    assert not files["own"].exists()
    assert "median of 3 interleaved rounds of 64,000" in files["page"].read_text("utf-8")


def test_the_page_calls_a_single_round_no_median() -> None:
    assert "figure is of one round of 64,000 different items" in peers_page.tables(result(rounds=1))


def test_without_kept_figures_the_page_says_how_to_make_them(files: dict[str, Path]) -> None:
    (text,) = peers_page.files().values()
    assert text == files["page"].read_text("utf-8") + f"\n{peers_page.NOTHING_KEPT}"


def test_git_ignores_own_figures_and_the_environments_of_peers() -> None:
    for where in (run.OWN.relative_to(ROOT), "bench/peers/.env/quix_app"):
        subprocess.run(["git", "check-ignore", "-q", where], cwd=ROOT, check=True)
