"""Writes the tables of docs/operate/proofs-*.md from the results of the fault runs and benches:
``python -m tools.proofs_page``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from tests.support.repository import ROOT
from tools.generated import after_mark, table, write

OVERVIEW: Final = ROOT / "docs" / "operate" / "proofs.md"
"""The page that leads to all the others; no table of it is made."""
MARK: Final = "<!-- tables: python -m tools.proofs_page -->"
RESULTS: Final = ROOT / "bench" / "results"
RUNS: Final = RESULTS / "faults.jsonl"
"""One line a run of ``make faults``, as it printed it."""
SWITCHED_OFF: Final = RESULTS / "switched_off.json"
"""What ``make proofs`` found."""
HAND_OVER: Final = RESULTS / "hand_over.json"
POISON: Final = RESULTS / "poison.json"
LIVE: Final = RESULTS / "live_beside_backfill.json"
LEDGER: Final = RESULTS / "ledger.json"

_GOALS_S: Final = {"joining_an_idle_worker": 5, "after_a_hung_loop": 90}
_COLUMNS_BEFORE: Final = "off"
"""Earlier runs do not say how they decided: all of them item by item."""
_ZEROS: Final = ("lost", "duplicated", "unbalanced_units")
_ZERO_HEADS: Final = ("lost", "twice", "units out of balance")


def runs() -> str:
    """The runs of random faults."""
    return _runs([json.loads(line) for line in RUNS.read_text("utf-8").splitlines()]) + "\n"


def protections() -> str:
    """Every protection, switched on and off."""
    return _plays(_read(SWITCHED_OFF)) + "\n"


def figures() -> str:
    """Seconds and megabytes, each table under its heading."""
    parts = (
        "## How long a lane waits for another worker",
        _hand_overs(_read(HAND_OVER)),
        "## How much bad records delay good ones",
        _poison(_read(POISON)),
        "## Live deliveries beside a backfill",
        _live(_read(LIVE)),
        "## Ledgers",
        _ledger(_read(LEDGER)),
    )
    return "\n\n".join(parts) + "\n"


PAGES: Final[Mapping[Path, Callable[[], str]]] = {
    OVERVIEW.with_name("proofs-random.md"): runs,
    OVERVIEW.with_name("proofs-protections.md"): protections,
    OVERVIEW.with_name("proofs-figures.md"): figures,
}
"""What is behind the mark of each page."""


def _runs(runs: list[dict[str, Any]]) -> str:
    head = (
        *("seed", "columns", "faults", "of them", "items"),
        *(*_ZERO_HEADS, "steps killed at", "seconds"),
    )
    rows = [
        [
            run["seed"],
            run.get("columns", _COLUMNS_BEFORE),
            sum(run["kinds"].values()),
            ", ".join(f"{kind} {number}" for kind, number in run["kinds"].items()),
            run["items"],
            *(run[name] for name in _ZEROS),
            "all" if all(run["steps_hit"].values()) else "not all",
            run["seconds"],
        ]
        for run in runs
    ]
    return table(head, rows)


def _plays(plays: list[dict[str, Any]]) -> str:
    rows = [
        [
            f"`{play['protection']}`",
            "off" if play["switched_off"] else "on",
            play["items"],
            *(play[name] for name in _ZEROS),
        ]
        for play in plays
    ]
    return table(("protection", "switched", "items", *_ZERO_HEADS), rows)


def _hand_overs(found: dict[str, Any]) -> str:
    text = (
        "Each time ends when the next owner has committed a record of the lane. "
        f"The session timeout is {found['session_timeout_s']:.0f} s, the heartbeat interval "
        f"{found['heartbeat_s']} s; {found['rounds']} rounds. {_busy(found)}"
    )
    rows = [
        [name.replace("_", " "), times["median"], times["longest"], _GOALS_S.get(name, "-")]
        for name, times in found["seconds"].items()
    ]
    return f"{text}\n\n" + table(("cause", "median, s", "longest, s", "goal, s"), rows)


def _poison(found: dict[str, Any]) -> str:
    text = (
        "The delay is how much later the last good delivery got its receipt than without the bad "
        f"records; {found['rounds']} rounds. {_busy(found)}"
    )
    rows = [
        [case["what"], case["longest_seconds"], case["goal_seconds"]] for case in found["cases"]
    ]
    return f"{text}\n\n" + table(("bad records", "longest delay, s", "goal, s"), rows)


def _live(found: dict[str, Any]) -> str:
    text = (
        f"One system sends {found['live_deliveries_a_second']} small deliveries a second. The "
        f"other three systems send a backlog of {found['backlog_items']:,} items at once. Workers: "
        f"{found['workers']}. The backlog was processed at {found['backlog_items_a_second']:,} "
        f"items/s. The worker used at most {max(found['worker_peak_mb'])} MB of memory, with small "
        "ledgers; the table under Ledgers shows what 5 million entries add. "
        f"{_busy(found)} The goal is 2,000 ms at the 99th percentile."
    )
    rows = [
        [name, *(ms[p] for p in ("p50", "p90", "p99", "max"))]
        for name, ms in (
            ("alone", found["live_alone_ms"]),
            ("beside the backlog", found["live_beside_ms"]),
        )
    ]
    head = ("delivery to receipt, ms", "p50", "p90", "p99", "longest")
    return f"{text}\n\n" + table(head, rows)


def _ledger(found: dict[str, Any]) -> str:
    ledgers, rebuild = found["ledgers"], found["rebuild"]
    growth = [[f"{one['entries']:,}", one["megabytes"]] for one in ledgers["growth"]]
    text = (
        "A ledger is a lane's local cache of its output topics. A cold ledger (empty) is rebuilt "
        f"at {rebuild['cold_records_per_second']:,} records/s. A warm ledger (up to date) is ready "
        f"after {rebuild['warm_seconds']} s. {ledgers['entries']:,} entries take "
        f"{ledgers['disk_megabytes']} MB of disk. A worker that takes over a third of 35 million "
        f"entries with cold ledgers has read them after "
        f"{found['third_of_35_million_seconds']} s. Its other lanes are served meanwhile, and each "
        "of the cold lanes as soon as its own ledger is read."
    )
    return f"{text}\n\n" + table(("entries in eight ledgers", "memory they take, MB"), growth)


def _busy(found: dict[str, Any]) -> str:
    return (
        f"All processes share {found['cpus']} CPUs; the load average before the runs was "
        f"{found['load_average']}, nice {found['nice']}."
    )


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def files() -> dict[Path, str]:
    """The pages, each with its tables made again."""
    return {page: after_mark(page, MARK, tables()) for page, tables in PAGES.items()}


if __name__ == "__main__":
    write(files())
