"""Writes tables and charts of docs/operate/speed.md: ``python -m tools.speed_page``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from tests.support.repository import ROOT
from tools.charts import speed
from tools.charts.bars import drawn
from tools.generated import after_mark, table, write

PAGE: Final = ROOT / "docs" / "operate" / "speed.md"
MARK: Final = "<!-- tables: python -m tools.speed_page -->"
RESULTS: Final = ROOT / "bench" / "results" / "latest.json"
SCRAPE: Final = RESULTS.with_name("scrape.json")
CONNECTOR: Final = RESULTS.with_name("connector.json")

_WHAT: Final = {
    "plain_loop": "loop without guarantees",
    "worker": "worker, 1,000 items per delivery",
    "worker_small_deliveries": "worker, 100 items per delivery",
    "sink": "content sink",
    "worker_and_sink": "worker and sink together, until rows are in the database",
    "live": "live deliveries, no other load",
}
_STAGES: Final = {
    "order": "arrive, check the sequence",
    "open": "decrypt, decompress, check",
    "rules_and_enrichment": "decode, rules, enrichment, conversion to plain values",
    "decide": "decide: keyed hashes, ledger, records",
    "encode": "encode the output records",
    "append": "append the records to batches",
    "compress": "compress the batches",
    "remember": "write the ledger",
    "between": "steps between the stages",
}
"""Of these, a results file has the stages that its measurement separated."""


def tables() -> str:
    """The part of the page behind the mark."""
    found = json.loads(RESULTS.read_text("utf-8"))
    parts = (
        _machine(found),
        "## Goals",
        table(("what", "goal", "measured", "met"), map(_goal, found["goals"])),
        "## Compared with a loop without guarantees",
        "![Items per second of each part, beside the loop](plots/speed.svg)",
        table(("what", "per second", "CPU µs per item", "ratio"), _speeds(found)),
        "## CPU microseconds per item, by stage",
        "![CPU microseconds per item of each stage](plots/stages.svg)",
        table(("stage", "100 items per delivery", "1,000 items per delivery"), _by_stage(found)),
        "## The connector",
        _connector(json.loads(CONNECTOR.read_text("utf-8"))),
        "## What a scrape by Prometheus costs",
        _scrape(json.loads(SCRAPE.read_text("utf-8"))),
    )
    return "\n\n".join(parts) + "\n"


def _machine(found: dict[str, Any]) -> str:
    machine = found["machine"]
    return (
        f"Machine: {machine['cpus']} cores ({machine['processor']}), Python {machine['python']}, "
        f"Polars {machine['polars']}. Broker, database and load share these cores. Each figure is "
        f"the median of {found['rounds']} interleaved rounds of {found['items']:,} items."
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
    for stage in filter(small.__contains__, _STAGES):
        yield [_STAGES[stage], f"{small[stage]:.1f}", f"{large[stage]:.1f}"]
    yield ["**total**", f"{sum(small.values()):.1f}", f"{sum(large.values()):.1f}"]


def _connector(found: dict[str, Any]) -> str:
    speeds, alone = found["items_a_second"], found["items_a_second"]["packing_and_encrypting"]
    rows = (
        [words, f"{speeds[name]:,}", f"{speeds[name] / alone:.2f}"]
        for name, words in (
            ("packing_and_encrypting", "pack and encrypt alone"),
            ("reading", "read and map alone"),
            ("connector_without_start", "the connector, from its files to the last receipt"),
            ("connector", "the same with its start"),
        )
    )
    met = "met" if speeds["connector_without_start"] >= found["goal_items_a_second"] else "not met"
    return (
        f"Median of {found['rounds']} rounds of {found['items']:,} items before a receiver that "
        f"opens nothing (`python -m bench.connector`); broker and receiver share the "
        f"{found['cpus']} cores. The load average was {found['load_average']} when it began; "
        f"more than the number of cores would mean that other work slowed it down. The goal of "
        f"{found['goal_items_a_second']:,} items a second is {met}.\n\n"
        + table(("what", "items per second", "ratio"), rows)
    )


def _scrape(found: dict[str, Any]) -> str:
    rows = (
        [
            process,
            f"{one['series']:,}",
            f"{one['cpu_ms']:.1f}",
            f"{one['interval_s']:.0f} s",
            f"{one['share']:.2%}",
        ]
        for process, one in found["processes"].items()
    )
    head = ("process", "series", "CPU ms per scrape", "scraped every", "share of a core")
    return (
        f"Measured with as many series as a nation of {found['units']:,} units has "
        f"(`python -m bench.scrape`). A worker that answers processes nothing meanwhile.\n\n"
        + table(head, rows)
    )


def files() -> dict[Path, str]:
    """The page, with its tables made again, and the charts that it shows."""
    found = json.loads(RESULTS.read_text("utf-8"))
    charts = {"speed": speed.speeds(found, _WHAT), "stages": speed.stages(found, _STAGES)}
    return {
        PAGE: after_mark(PAGE, MARK, tables()),
        **{PAGE.parent / "plots" / f"{name}.svg": drawn(one) for name, one in charts.items()},
    }


if __name__ == "__main__":
    write(files())
