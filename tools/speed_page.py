"""Writes the tables of docs/operate/speed.md from bench/results/latest.json:
``python -m tools.speed_page``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from tests.support.repository import ROOT

PAGE: Final = ROOT / "docs" / "operate" / "speed.md"
MARK: Final = "<!-- tables: python -m tools.speed_page -->"
RESULTS: Final = ROOT / "bench" / "results" / "latest.json"

_WHAT: Final = {
    "plain_loop": "loop without guarantees",
    "worker": "worker, 1,000 items a delivery",
    "worker_small_deliveries": "worker, 100 items a delivery",
    "sink": "content sink",
    "worker_and_sink": "worker and sink at the same time, to rows",
    "live": "live deliveries, nothing else going on",
}
_STAGES: Final = {
    "order": "arrive, order",
    "open": "open: decrypt, inflate, check",
    "rules_and_enrichment": "read, rules, enrichment, to plain values",
    "decide": "decide: keyed hashes, ledger, records",
    "encode": "encode what is written",
}


def tables() -> str:
    """The part of the page behind the mark."""
    found = json.loads(RESULTS.read_text("utf-8"))
    parts = (
        _machine(found),
        "### Goals",
        _table(("of", "goal", "found", "met"), map(_goal, found["goals"])),
        "### Against a loop without guarantees",
        _table(("what", "a second", "CPU µs an item", "ratio"), _speeds(found)),
        "### One item through the stages, CPU microseconds",
        _table(("stage", "100 items a delivery", "1,000 items a delivery"), _by_stage(found)),
    )
    return "\n\n".join(parts) + "\n"


def _machine(found: dict[str, Any]) -> str:
    machine = found["machine"]
    return (
        f"{machine['cpus']} cores ({machine['processor']}), Python {machine['python']}, Polars "
        f"{machine['polars']}; broker, database and load on the same cores. Median of "
        f"{found['rounds']} interleaved rounds of {found['items']:,} items."
    )


def _goal(goal: dict[str, Any]) -> list[str]:
    figure = goal["figure"].replace("_", " ")
    return [
        f"{_WHAT[goal['of']]}: {figure}",
        goal["goal"],
        f"{goal['found']:,}",
        "yes" if goal["met"] else "no",
    ]


def _speeds(found: dict[str, Any]) -> Iterable[list[str]]:
    plain = found["medians"]["plain_loop"]["items_a_second"]
    for name, words in _WHAT.items():
        figures = found["medians"][name]
        speed = figures.get("items_a_second", figures.get("rows_a_second"))
        if speed is None:
            continue
        cpu = figures.get("cpu_microseconds_an_item", figures.get("cpu_microseconds_a_row"))
        shown = "" if cpu is None else f"{cpu:.1f}"
        yield [words, f"{speed:,}", shown, f"{speed / plain:.2f}"]


def _by_stage(found: dict[str, Any]) -> Iterable[list[str]]:
    small, large = found["stages_cpu_microseconds_an_item"].values()
    for stage, words in _STAGES.items():
        yield [words, f"{small[stage]:.1f}", f"{large[stage]:.1f}"]
    yield ["**together**", f"{sum(small.values()):.1f}", f"{sum(large.values()):.1f}"]


def _table(head: Iterable[str], rows: Iterable[list[str]]) -> str:
    names = list(head)
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def main() -> None:
    """Rewrite what is behind the mark."""
    text = PAGE.read_text("utf-8")
    Path(PAGE).write_text(text[: text.index(MARK) + len(MARK)] + "\n\n" + tables(), "utf-8")


if __name__ == "__main__":
    main()
