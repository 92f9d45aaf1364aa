"""Writes the tables of docs/analyse/plans.md from bench/results: ``python -m tools.plans_page``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from tests.support.repository import ROOT
from tools.generated import after_mark, table, write

PAGE: Final = ROOT / "docs" / "analyse" / "plans.md"
MARK: Final = "<!-- tables: python -m tools.plans_page -->"
RESULTS: Final = ROOT / "bench" / "results" / "queries.json"
WIDEST: Final = 160
"""Characters of a line of a plan: the longest lists of columns are cut."""


def tables() -> str:
    """The part of the page behind the mark."""
    found = json.loads(RESULTS.read_text("utf-8"))
    questions: dict[str, Any] = found["questions"]
    behind = {name: one for name, one in questions.items() if one["behind_report"]}
    others = {name: one for name, one in questions.items() if name not in behind}
    slowest = max(one["ms"] for one in behind.values())
    machine = found["machine"]
    setting = (
        f"{found['rows']:,} consultations, {machine['cpus']} cores, load {machine['load_average']} "
        "when it began. Each question was asked once to read what it needs, then five times: the "
        "median counts."
    )
    whole = (
        "Examples about rows, freezes and exports may read every row of the register. A role has a "
        "limit of time for a question, which stops what takes longer."
    )
    parts = (
        setting,
        "## Questions behind the report",
        f"Goal: less than {found['goal_ms']} ms. The slowest took {slowest:,.0f} ms.",
        _times(behind),
        "## Other examples",
        whole,
        _times(others),
        "## Refreshes",
        _refreshes(found["refresh"]),
        "## Plans",
        *(f"### {name}\n\n{_plan(one['plan'])}" for name, one in behind.items()),
    )
    return "\n\n".join(parts) + "\n"


def _times(questions: dict[str, Any]) -> str:
    head = ("question", "ms", "of the server's CPU", "first time", "rows", "big tables read whole")
    return table(head, ([f"`{name}`", *_cells(one)] for name, one in questions.items()))


def _cells(one: dict[str, Any]) -> list[str]:
    if one["ms"] is None:
        return [f"stopped after {one['stopped_after_s']} s", "", "", "", ""]
    return [
        f"{one['ms']:,.1f}",
        f"{one['server_cpu_ms']:,.0f}",
        f"{one['first_ms']:,.0f}",
        f"{one['rows']:,}",
        ", ".join(f"`{big}`" for big in one["sequential"]),
    ]


def _refreshes(found: dict[str, Any]) -> str:
    head = ("consultations in the database", "changed", "seconds", "pages of 8 kB", "read whole")
    return table(
        head,
        (
            [
                f"{int(rows):,}",
                f"{int(changed):,}",
                f"{one['seconds']:,.1f}",
                f"{one['pages']:,}",
                ", ".join(f"`{big}`" for big in one["whole"]),
            ]
            for rows, by_change in found.items()
            for changed, one in by_change.items()
        ),
    )


def _plan(lines: Iterable[str]) -> str:
    cut = (line if len(line) <= WIDEST else f"{line[:WIDEST]}…" for line in lines)
    return "\n".join(("```text", *cut, "```"))


def files() -> dict[Path, str]:
    """The page, with its tables made again."""
    return {PAGE: after_mark(PAGE, MARK, tables())}


if __name__ == "__main__":
    write(files())
