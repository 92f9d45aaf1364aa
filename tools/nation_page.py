"""Writes the figures in docs/vendor/nation-figures.md from two results files.

The files are those of ``bench.nation`` and of ``make history``.

Run: python -m tools.nation_page
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.repository import ROOT
from tools.generated import after_mark, write

PAGE = ROOT / "docs" / "vendor" / "nation-figures.md"
MARK = "<!-- tables: python -m tools.nation_page -->"
RESULTS = ROOT / "bench" / "results"
MEANINGS = {
    "planned_first": "an appointment is first sent as planned, then as held",
    "sent_again": "sent again later, unchanged",
    "converted": "taken over from the older system's journal",
    "corrected": "sent again with corrected content",
    "registered_in_error": "registered by mistake, deleted later",
    "moved": "sent again with another time",
    "replaced": "in both lists of a later export: deleted, and sent with corrected content",
    "mended": "first sent with a fault, later without it",
    "deleted": "deleted later",
    "kept": "later on the deletion list, without `erSlettet: true`",
    "registered_twice": "registered twice, under two ids",
    "deleted_and_back": "deleted, later sent again with corrected content",
    "deleted_twice": "deleted in two exports",
    "other_person": "sent again for another person",
    "several_ids": "a D-number or DUF number beside the national identity number",
    "in_both_systems": "documented in both systems while a unit changes its EPJ",
    "wrong_check_digit": "a mistyped national identity number",
    "weight_in_other_unit": "the weight in a wrong unit",
    "unknown_code": "a consultation type that is not in the code list",
    "length_in_other_unit": "the length in a wrong unit",
    "weight_as_text": "text in place of a weight",
    "ended_municipality": "a municipality code that is no longer in force",
    "digits_swapped": "the first two digits of the weight swapped",
    "no_start": "no start",
    "withheld": "left out of an export, and present when a backup sends that export again",
    "born_after_start": "a birth date after the consultation",
    "no_id": "no local id",
    "withheld_and_deleted": "as `withheld`, but deleted before the backup sends it",
    "id_in_local_id": "a national identity number within the local id",
    "id_in_code": "a national identity number in place of a code",
}
"""What each value of the column ``fault`` means."""


def tables() -> str:
    """The part of the page after the mark."""
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
        "### Distance from the published levels\n\nPer cent, counted from the truth of the whole "
        "nation."
    )
    farthest = whole["farthest"]
    largest = (
        f" The largest difference is {farthest['points']} percentage points ({farthest['of']})."
    )
    return "\n".join(
        [
            head + largest,
            "",
            "| indicator | year | published | in the nation |",
            "| --- | --- | --- | --- |",
            *rows,
        ]
    )


def _whole(whole: dict[str, Any]) -> str:
    people, disk = whole["people"], whole["gigabytes"]
    rows = {
        "items": f"{whole['items']:,}",
        "items by outcome": ", ".join(f"{n:,} {o}" for o, n in whole["outcomes"].items()),
        "items by system": ", ".join(f"{n:,} {name}" for name, n in whole["by_system"].items()),
        "places, units, files": f"{whole['places']}, {whole['units']}, {whole['files']:,}",
        "children and youth, mothers": f"{people['children']:,}, {people['mothers']:,}",
        "items made in a CPU second": f"{whole['items_a_cpu_second']:,}",
        "CPU seconds, elapsed seconds": f"{whole['cpu_seconds']}, {whole['seconds']}",
        "peak memory": f"{whole['peak_megabytes']} MB",
        "exports, truth": f"{disk['exports']} GB, {disk['truth']} GB",
    }
    lines = [f"| {name} | {value} |" for name, value in rows.items()]
    return "\n".join(
        ["### The whole nation, 2017-2025", "", "| what | figure |", "| --- | --- |", *lines]
    )


def _troubles(troubles: dict[str, int]) -> str:
    rows = [f"| `{name}` | {MEANINGS[name]} | {count:,} |" for name, count in troubles.items()]
    head = "### Lines by fault or story"
    top = "| `fault` in `truth/faults` | meaning | lines |"
    return "\n".join([head, "", top, "| --- | --- | --- |", *rows])


def _history(history: dict[str, Any]) -> str:
    head = (
        "### The receiver compared with the truth\n\n`make history` sends some municipalities, "
        "with every kind of fault and story, through the real connectors, broker, workers and "
        "sinks. "
        "Every record on the topics, every row in the database and the answer to every item are "
        "then compared with the truth."
    )
    rows = [
        f"| {name.replace('_', ' ')} | {one['items']:,} | {one['topic']['compared']:,} | "
        f"{_differences(one):,} | {one['restarts']} | {one['seconds']['stream']} s |"
        for name, one in history.items()
    ]
    top = "| run | items | records | differences | workers restarted | sending and answering |"
    return "\n".join([head, "", top, "| --- | --- | --- | --- | --- | --- |", *rows])


def _differences(run: dict[str, Any]) -> int:
    """The number of differences between a run and the truth."""
    found: int = sum(run["answers"].values()) + run["unbalanced_units"] + run["doubled"]
    for where in ("topic", "rows"):
        one = run[where]
        found += one["missing"] + one["extra"] + sum(one["different"].values())
    return found


def files() -> dict[Path, str]:
    """The page, with its tables made again."""
    return {PAGE: after_mark(PAGE, MARK, tables())}


if __name__ == "__main__":
    write(files())
