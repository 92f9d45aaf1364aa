"""Writes the tables of docs/operate/proofs.md from the results files of the fault runs:
``python -m tests.make_proofs_page``."""

from __future__ import annotations

import json
from typing import Any, Final

from tests.repository import ROOT

PAGE: Final = ROOT / "docs" / "operate" / "proofs.md"
MARK: Final = "<!-- tables: python -m tests.make_proofs_page -->"
RUNS: Final = ROOT / "bench" / "results" / "faults.jsonl"
"""One line a run of ``make faults``, as it printed it."""
SWITCHED_OFF: Final = ROOT / "bench" / "results" / "switched_off.json"
"""What ``make proofs`` found."""

_ZEROS: Final = ("lost", "duplicated", "unbalanced_units")


def tables() -> str:
    """The part of the page behind the mark."""
    runs = [json.loads(line) for line in RUNS.read_text("utf-8").splitlines()]
    plays = json.loads(SWITCHED_OFF.read_text("utf-8"))
    parts = (
        "### Random faults",
        _runs(runs),
        "### Every protection switched off in turn",
        _plays(plays),
    )
    return "\n\n".join(parts) + "\n"


def _runs(runs: list[dict[str, Any]]) -> str:
    rows = [
        [
            run["seed"],
            sum(run["kinds"].values()),
            ", ".join(f"{kind} {number}" for kind, number in run["kinds"].items()),
            run["items"],
            *(run[name] for name in _ZEROS),
            "all" if all(run["steps_hit"].values()) else "not all",
            run["seconds"],
        ]
        for run in runs
    ]
    return _table(
        (
            "seed",
            "faults",
            "of them",
            "items",
            "lost",
            "twice",
            "units out of balance",
            "steps killed at",
            "seconds",
        ),
        rows,
    )


def _plays(plays: list[dict[str, Any]]) -> str:
    rows = [
        [
            play["protection"],
            play["what"],
            "off" if play["switched_off"] else "on",
            play["items"],
            *(play[name] for name in _ZEROS),
        ]
        for play in plays
    ]
    return _table(
        ("protection", "that is", "", "items", "lost", "twice", "units out of balance"), rows
    )


def _table(head: tuple[str, ...], rows: list[list[Any]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def main() -> None:
    """Rewrite what is behind the mark."""
    text = PAGE.read_text("utf-8")
    PAGE.write_text(text[: text.index(MARK) + len(MARK)] + "\n\n" + tables(), "utf-8")


if __name__ == "__main__":
    main()
