"""Measure what Prometheus costs a process: CPU of one scrape over HTTP, as a share of the interval.

    python -m bench.scrape [--scrapes 50]

Each kind of process serves as many series as it can have in a nation of 1,500 units. The scrapes
come from another process, so that its CPU is not counted. While a worker answers, it processes
nothing: the share of CPU is the share of its throughput.
Goal: less than 1 % of a core at a scrape every 5 seconds, of the exporter every 30. Figures go to
bench/results/scrape.json.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from time import process_time
from typing import Any, Final

from bench.machine import machine
from kpr_stream.metrics.endpoint import serve
from kpr_stream.metrics.health import Health
from kpr_stream.metrics.metric import Process
from kpr_stream.reference import load_reference
from kpr_stream.settings import Settings
from tests.support.full_registries import UNITS, add_units, full_registry

RESULTS: Final = Path(__file__).parent / "results" / "scrape.json"
INTERVAL_S: Final = {Process.WORKER: 5.0, Process.CONTENT_SINK: 5.0, Process.EXPORTER: 30.0}
"""The exporter serves every unit of the nation, and its deadlines and books change slowly."""
GOAL: Final = 0.01
CLIENT: Final = """
import sys, urllib.request
url, times = sys.argv[1], int(sys.argv[2])
for _ in range(times):
    with urllib.request.urlopen(url, timeout=60) as answer:
        size = len(answer.read())
print(size)
"""


def main() -> int:
    """Print the figures and write them; exit code 1 if a process misses the goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scrapes", type=int, default=50)
    scrapes = parser.parse_args().scrapes
    found = {process.value: scraped(process, scrapes) for process in INTERVAL_S}
    results = {
        "machine": machine(),
        "goal": GOAL,
        "units": UNITS,
        "processes": found,
    }
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    print(json.dumps(results, indent=2))
    return int(any(one["share"] >= GOAL for one in found.values()))


def scraped(process: Process, scrapes: int) -> dict[str, Any]:
    """Return series, bytes, milliseconds of CPU a scrape, and the share of a core."""
    registry = full_registry(process, load_reference())
    if process is Process.EXPORTER:
        add_units(registry, UNITS)
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home), metrics_port=0, metrics_host="127.0.0.1")
        port = serve(settings, registry, Health(), process, "bench")
        url = f"http://127.0.0.1:{port}/metrics"
        size = _scrape(url, 3)
        began = process_time()
        _scrape(url, scrapes)
        seconds = (process_time() - began) / scrapes
    return {
        "series": sum(len(family.samples) for family in registry.collect()),
        "bytes": size,
        "cpu_ms": round(seconds * 1000, 2),
        "interval_s": INTERVAL_S[process],
        "share": round(seconds / INTERVAL_S[process], 5),
    }


def _scrape(url: str, times: int) -> int:
    command = [sys.executable, "-c", CLIENT, url, str(times)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ours
    return int(done.stdout)


if __name__ == "__main__":
    sys.exit(main())
