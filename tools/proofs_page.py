"""Writes the tables of docs/operate/proofs.md from the results files of the fault runs and benches:
``python -m tools.proofs_page``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from tests.support.repository import ROOT

PAGE: Final = ROOT / "docs" / "operate" / "proofs.md"
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

SECOND: Final = (
    "«On» is the same play with nothing switched off. `committed` alone is not missed: the "
    "ledger's own offsets stand behind it. `offsets` switches both off."
)
_GOALS_S: Final = {"joining_an_idle_worker": 5, "after_a_hung_loop": 90}
_ZEROS: Final = ("lost", "duplicated", "unbalanced_units")
_ZERO_HEADS: Final = ("lost", "twice", "units out of balance")


def tables() -> str:
    """The part of the page behind the mark."""
    parts = (
        "### Random faults",
        _runs([json.loads(line) for line in RUNS.read_text("utf-8").splitlines()]),
        "### Every protection switched off in turn",
        SECOND,
        _plays(_read(SWITCHED_OFF)),
        "### How long lanes wait for another worker",
        _hand_overs(_read(HAND_OVER)),
        "### How much bad records delay good ones",
        _poison(_read(POISON)),
        "### Live beside a backfill",
        _live(_read(LIVE)),
        "### Ledgers",
        _ledger(_read(LEDGER)),
    )
    return "\n\n".join(parts) + "\n"


def _runs(runs: list[dict[str, Any]]) -> str:
    head = ("seed", "faults", "of them", "items", *_ZERO_HEADS, "steps killed at", "seconds")
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
    return _table(head, rows)


def _plays(plays: list[dict[str, Any]]) -> str:
    rows = [
        [
            f"`{play['protection']}`",
            play["what"],
            "off" if play["switched_off"] else "on",
            play["items"],
            *(play[name] for name in _ZEROS),
        ]
        for play in plays
    ]
    return _table(("protection", "that is", "", "items", *_ZERO_HEADS), rows)


def _hand_overs(found: dict[str, Any]) -> str:
    told = (
        f"Until the next owner has committed a record of the lane; session timeout "
        f"{found['session_timeout_s']:.0f} s, heartbeat {found['heartbeat_s']} s, "
        f"{found['rounds']} rounds. {_busy(found)}"
    )
    rows = [
        [name.replace("_", " "), times["median"], times["longest"], _GOALS_S.get(name, "-")]
        for name, times in found["seconds"].items()
    ]
    return f"{told}\n\n" + _table(("", "median, s", "longest, s", "goal, s"), rows)


def _poison(found: dict[str, Any]) -> str:
    told = (
        "How much later the last good delivery was answered than without the bad ones, "
        f"{found['rounds']} rounds. {_busy(found)}"
    )
    rows = [
        [case["what"], case["longest_seconds"], case["goal_seconds"]] for case in found["cases"]
    ]
    return f"{told}\n\n" + _table(("bad records", "longest delay, s", "goal, s"), rows)


def _live(found: dict[str, Any]) -> str:
    told = (
        f"{found['live_deliveries_a_second']} small deliveries a second of one system, beside "
        f"{found['backlog_items']:,} items of the other three sent at once; {found['workers']} "
        f"worker. The backlog went through at {found['backlog_items_a_second']:,} items/s; the "
        f"worker took {max(found['worker_peak_mb'])} MB at most; 5 million entries in its ledgers "
        f"would add what the last table says. {_busy(found)} Goal: 2,000 ms at the 99th percentile."
    )
    rows = [
        [name, *(ms[p] for p in ("p50", "p90", "p99", "max"))]
        for name, ms in (
            ("alone", found["live_alone_ms"]),
            ("beside the backlog", found["live_beside_ms"]),
        )
    ]
    head = ("delivery to receipt, ms", "p50", "p90", "p99", "longest")
    return f"{told}\n\n" + _table(head, rows)


def _ledger(found: dict[str, Any]) -> str:
    ledgers, rebuild = found["ledgers"], found["rebuild"]
    growth = [[f"{one['entries']:,}", one["megabytes"]] for one in ledgers["growth"]]
    told = (
        f"A cold ledger is rebuilt at {rebuild['cold_records_per_second']:,} records/s, a warm one "
        f"is ready after {rebuild['warm_seconds']} s. On disk {ledgers['entries']:,} entries take "
        f"{ledgers['disk_megabytes']} MB. A worker that takes over a third of 35 million entries "
        f"cold has read them after {found['third_of_35_million_seconds']} s; its other lanes are "
        "served meanwhile, and each of these as soon as it is read."
    )
    return f"{told}\n\n" + _table(("entries in eight ledgers", "memory they take, MB"), growth)


def _busy(found: dict[str, Any]) -> str:
    return (
        f"{found['cpus']} CPUs for everything; load average before it {found['load_average']}, "
        f"nice {found['nice']}."
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def main() -> None:
    """Rewrite what is behind the mark."""
    text = PAGE.read_text("utf-8")
    PAGE.write_text(text[: text.index(MARK) + len(MARK)] + "\n\n" + tables(), "utf-8")


if __name__ == "__main__":
    main()
