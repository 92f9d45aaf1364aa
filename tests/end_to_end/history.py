"""``make history``: some 300,000 items with every kind of trouble through the real receiver.

Twice: undisturbed, and with both workers killed half-way. Figures go to
bench/results/nation_history.json; exit 1 unless everything is as the truth has it.

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

from tests.end_to_end.histories import LARGE, not_there
from tests.end_to_end.through import Through
from tests.support.repository import ROOT

RESULTS = ROOT / "bench" / "results" / "nation_history.json"
RUNS = {"undisturbed": False, "workers_killed": True}


def main() -> int:
    """The runs that are asked for; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=RUNS, help="this run; the other's figures stay")
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
    """One run's figures, and whether all is as it must be."""
    with tempfile.TemporaryDirectory(prefix="kpr-history-") as folder:
        through = Through(Path(folder), LARGE, kill=kill)
        seen = asyncio.run(through.run())
        everything = not not_there(through.out)
    return seen.as_json(), seen.as_told and everything and (seen.restarts > 0) == kill


if __name__ == "__main__":
    sys.exit(main())
