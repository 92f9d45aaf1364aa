"""Send some 300,000 items with every kind of fault through the real receiver (``make history``).

There are two runs: undisturbed, and with both workers killed half-way. Figures go to
bench/results/nation_history.json; exit 1 unless everything agrees with the truth.

    python -m tests.end_to_end.history [--only undisturbed | workers_killed]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.end_to_end.histories import LARGE, missing_events
from tests.end_to_end.through import NationRun
from tests.support.repository import ROOT

RESULTS = ROOT / "bench" / "results" / "nation_history.json"
RUNS = {"undisturbed": False, "workers_killed": True}


def main() -> int:
    """Run what the options ask for. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=RUNS, help="one run; the other's figures stay")
    only = parser.parse_args().only
    found: dict[str, Any] = json.loads(RESULTS.read_text("utf-8")) if only else {}
    good = True
    for name in [only] if only else RUNS:
        found[name], as_it_must_be = run(kill=RUNS[name])
        good &= as_it_must_be
        print(json.dumps({name: found[name]}), flush=True)  # noqa: T201 - what the run found
        RESULTS.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    return 0 if good else 1


def run(*, kill: bool) -> tuple[dict[str, Any], bool]:
    """Do one run. Returns its figures, and whether everything is as it must be."""
    with tempfile.TemporaryDirectory(prefix="kpr-history-") as folder:
        nation = NationRun(Path(folder), LARGE, kill=kill)
        found = asyncio.run(nation.run())
        everything = not missing_events(nation.out)
    return found.as_json(), found.as_expected and everything and (found.restarts > 0) == kill


if __name__ == "__main__":
    sys.exit(main())
