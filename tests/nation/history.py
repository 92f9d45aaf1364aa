"""``make history``: some 300,000 items with every kind of trouble through the real receiver.

Twice: undisturbed, and with both workers killed half-way. Figures go to
bench/results/nation_history.json; exit 1 unless everything is as the truth has it.

    python -m tests.nation.history
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path

from tests.nation.histories import LARGE, not_there
from tests.nation.through import Through
from tests.repository import ROOT

RESULTS = ROOT / "bench" / "results" / "nation_history.json"


def main() -> int:
    """Both runs; the exit code."""
    found = {}
    good = True
    for name, kill in (("undisturbed", False), ("workers_killed", True)):
        with tempfile.TemporaryDirectory(prefix="kpr-history-") as folder:
            through = Through(Path(folder), LARGE, kill=kill)
            seen = asyncio.run(through.run())
            found[name] = seen.as_json()
            good &= seen.as_told and not not_there(through.out)
            good &= (seen.restarts > 0) == kill
        print(json.dumps({name: found[name]}), flush=True)  # noqa: T201 - what the run found
    RESULTS.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
