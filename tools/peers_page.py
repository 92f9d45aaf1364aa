"""Writes tables and charts of docs/operate/peers.md: ``python -m tools.peers_page``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from tests.support.repository import ROOT
from tools.charts.bars import drawn
from tools.charts.peers import peers
from tools.generated import after_mark, table, write

PAGE: Final = ROOT / "docs" / "operate" / "peers.md"
MARK: Final = "<!-- tables: python -m tools.peers_page -->"
RESULTS: Final = ROOT / "bench" / "results" / "peers.json"
NOTHING_KEPT: Final = "No figures are kept yet: `python -m bench.peers.run --keep` writes them.\n"

Words = Mapping[str, Mapping[str, str]]
"""Title and semantics of each peer, by its name in the results."""

_SINKS: Final = {
    "row_inserts": "one INSERT a row, prepared",
    "copy_loop": "decode and COPY, table without index",
    "content_sink_without_history": "content sink, main table alone",
    "content_sink": "content sink as it runs, with history",
}
_HEAD: Final = (
    "what",
    "guarantee",
    "items a second",
    "ratio",
    "CPU µs an item",
    "peak MB",
    "doubles",
)


def tables(found: Mapping[str, Any]) -> str:
    """Return the part of the page behind the mark."""
    parts = [_machine(found)]
    for size, own in found["by_size"].items():
        parts += [
            f"## {int(size):,} items a delivery",
            f"![Items per second of each peer, {int(size):,} items a delivery]({_chart(size)})",
            table(_HEAD, peer_rows(own, found["peers"])),
        ]
    if found["not_run"]:
        rows = not_run_rows(found["not_run"], found["peers"])
        parts += ["## Not run", table(("what", "why"), rows)]
    if found["sink"]:
        parts += [
            "## Into the database",
            table(("what", "rows a second", "ratio to the COPY loop"), sink_rows(found["sink"])),
        ]
    return "\n\n".join(parts) + "\n"


def peer_rows(own: Mapping[str, Any], words: Words) -> Iterable[list[str]]:
    """Yield a row for each peer that ran, the fastest first."""
    medians, ratios = own["medians"], own["ratio_to_plain_loop"]
    for name in sorted(medians, key=lambda name: -medians[name]["items_a_second"]):
        figures = medians[name]
        yield [
            words[name]["title"],
            words[name]["semantics"],
            f"{figures['items_a_second']:,}",
            f"{ratios[name]:.2f}" if name in ratios else "",
            f"{figures['cpu_microseconds_an_item']:.1f}",
            f"{figures['peak_mb']:,.0f}",
            f"{figures['doubles']:,.0f}",
        ]


def not_run_rows(reasons: Mapping[str, str], words: Words) -> Iterable[list[str]]:
    """Yield why each peer that did not run is left out, on one line."""
    for name, why in reasons.items():
        yield [words[name]["title"], " ".join(why.split()).replace("|", "/")[:200]]


def sink_rows(sink: Mapping[str, Any]) -> Iterable[list[str]]:
    """Yield a row for each way into the database."""
    for name, speed in sink["rows_a_second"].items():
        yield [_SINKS[name], f"{speed:,}", f"{sink['ratio_to_copy_loop'][name]:.2f}"]


def _machine(found: Mapping[str, Any]) -> str:
    machine = found["machine"]
    releases = ", ".join(found["versions"].values())
    rounds, items = found["rounds"], f"{found['items']:,} different items"
    how = "of one round" if rounds == 1 else f"the median of {rounds} interleaved rounds"
    return (
        f"Machine: {machine['cpus']} cores ({machine['processor']}), Python {machine['python']}; "
        f"broker and load share these cores. Load average at the end: {machine['load_average']}. "
        f"Releases: {releases}. Each figure is {how} of {items}."
    )


def files() -> dict[Path, str]:
    """The page, with its tables made again, and the charts that it shows."""
    if not RESULTS.exists():
        return {PAGE: after_mark(PAGE, MARK, NOTHING_KEPT)}
    found = json.loads(RESULTS.read_text("utf-8"))
    titles = {name: words["title"] for name, words in found["peers"].items()}
    charts = {
        PAGE.parent / _chart(size): drawn(peers(size, own, titles, found["rounds"]))
        for size, own in found["by_size"].items()
    }
    return {PAGE: after_mark(PAGE, MARK, tables(found)), **charts}


def _chart(size: str) -> str:
    return f"plots/peers-{size}.svg"


if __name__ == "__main__":
    write(files())
