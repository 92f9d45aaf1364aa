"""The page's figures are those of the results files, and those are good."""

from __future__ import annotations

import json

from tools.nation_page import MARK, PAGE, RESULTS, tables


def test_the_page_has_the_figures_of_the_results() -> None:
    _, _, shown = PAGE.read_text("utf-8").partition(MARK)
    assert shown.strip() == tables().strip()


def test_the_receiver_was_found_equal_to_the_truth_also_with_workers_killed() -> None:
    runs = json.loads((RESULTS / "nation_history.json").read_text("utf-8"))
    assert [*runs] == ["undisturbed", "workers_killed"]
    assert all(run["as_told"] and run["items"] > 300_000 for run in runs.values())
    assert runs["workers_killed"]["restarts"] >= 2


def test_the_whole_nation_was_made_fast_enough_and_near_enough() -> None:
    whole = json.loads((RESULTS / "nation.json").read_text("utf-8"))
    assert whole["share"] == 1.0
    assert whole["items_a_cpu_second"] >= 20_000
    assert whole["farthest"]["points"] <= 2
    assert sum(whole["outcomes"].values()) == whole["items"]
