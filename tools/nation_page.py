"""Writes the figures of docs/vendor/nation.md from the results of ``bench.nation`` and ``make
history``: ``python -m tools.nation_page``."""

from __future__ import annotations

import json
from typing import Any

from tests.support.repository import ROOT

PAGE = ROOT / "docs" / "vendor" / "nation.md"
MARK = "<!-- tables: python -m tools.nation_page -->"
RESULTS = ROOT / "bench" / "results"


def tables() -> str:
    """The part of the page behind the mark."""
    whole = json.loads((RESULTS / "nation.json").read_text("utf-8"))
    history = json.loads((RESULTS / "nation_history.json").read_text("utf-8"))
    parts = (_levels(whole), _whole(whole), _troubles(whole["troubles"]), _history(history))
    return "\n\n".join(parts) + "\n"


def _levels(whole: dict[str, Any]) -> str:
    rows = [
        f"| {indicator} | {year} | {one['published']} | {one['found']} |"
        for indicator, levels in whole["levels"].items()
        for year, one in levels.items()
    ]
    head = (
        "### How near the published levels\n\nPer cent, counted from the truth of the whole nation;"
    )
    farthest = whole["farthest"]
    told = f" the farthest is {farthest['points']} points away ({farthest['of']})."
    return "\n".join(
        [
            head + told,
            "",
            "| indicator | year | published | here |",
            "| --- | --- | --- | --- |",
            *rows,
        ]
    )


def _whole(whole: dict[str, Any]) -> str:
    people, disk = whole["people"], whole["gigabytes"]
    rows = {
        "items": f"{whole['items']:,}",
        "of them by outcome": ", ".join(f"{n:,} {o}" for o, n in whole["outcomes"].items()),
        "by system": ", ".join(f"{n:,} {name}" for name, n in whole["by_system"].items()),
        "places, units, files": f"{whole['places']}, {whole['units']}, {whole['files']:,}",
        "children and youth, mothers": f"{people['children']:,}, {people['mothers']:,}",
        "items a CPU second": f"{whole['items_a_cpu_second']:,}",
        "CPU seconds, seconds": f"{whole['cpu_seconds']}, {whole['seconds']}",
        "peak memory": f"{whole['peak_megabytes']} MB",
        "exports, truth": f"{disk['exports']} GB, {disk['truth']} GB",
    }
    told = [f"| {name} | {value} |" for name, value in rows.items()]
    return "\n".join(
        ["### The whole nation, 2017-2025", "", "| what | figure |", "| --- | --- |", *told]
    )


def _troubles(troubles: dict[str, int]) -> str:
    rows = [f"| `{name}` | {count:,} |" for name, count in troubles.items()]
    head = "### Lines by what is wrong with them or goes on with them"
    return "\n".join([head, "", "| `fault` in `truth/faults` | lines |", "| --- | --- |", *rows])


def _history(history: dict[str, Any]) -> str:
    head = (
        "### The receiver against the truth\n\n`make history` sends some municipalities with every "
        "kind of trouble through the real connectors, broker, workers and sinks, and compares "
        "every record on the topics, every row and the answer to every item with the truth."
    )
    rows = [
        f"| {name.replace('_', ' ')} | {one['items']:,} | {one['topic']['compared']:,} | "
        f"{_differences(one):,} | {one['restarts']} | {one['seconds']['stream']} s |"
        for name, one in history.items()
    ]
    top = "| run | items | records | differences | workers restarted | sending and answering |"
    return "\n".join([head, "", top, "| --- | --- | --- | --- | --- | --- |", *rows])


def _differences(run: dict[str, Any]) -> int:
    """Everything that is not as the truth has it."""
    found: int = sum(run["answers"].values()) + run["unbalanced_units"] + run["doubled"]
    for where in ("topic", "rows"):
        one = run[where]
        found += one["missing"] + one["extra"] + sum(one["different"].values())
    return found


def main() -> None:
    """Rewrite what is behind the mark."""
    text = PAGE.read_text("utf-8")
    PAGE.write_text(text[: text.index(MARK) + len(MARK)] + "\n\n" + tables(), "utf-8")


if __name__ == "__main__":
    main()
