"""Run the fuzz targets with atheris (libFuzzer) for a time, and report the figures.

Atheris is not a dependency: it has no wheels for some platforms of the lock file. Install it once
with ``pip install atheris==3.0.0``, then run ``python -m tests.fuzz.run --seconds 600``. Every
target runs in a process of its own, so that a crash below Python is seen too. Exit code 1 if
anything was found; the input is then stored beside the corpus and named in the output.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import subprocess
import sys
import time
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.fuzz.targets import TARGETS, seeds
from tests.support.repository import ROOT

RESULTS = ROOT / "bench" / "results" / "fuzz.json"
ONE_INPUT_S = 20
"""Time after which libFuzzer reports a hang. No delivery may block a lane for so long, also not one
that is 16 times as long."""
MEMORY_MB = 2_000


def main() -> int:
    """Run every target, print the figures, and write them with ``--write``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=600, help="of all targets together")
    parser.add_argument("--folder", type=Path, default=Path(".fuzz"), help="corpus and findings")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    options = parser.parse_args()
    _write_seeds(options.folder)
    seconds = options.seconds // len(TARGETS)
    results = {name: _run(name, options.folder, seconds) for name in TARGETS}
    found = {
        "targets": results,
        "atheris": version("atheris"),
        "polars": version("polars"),
        "fastavro": version("fastavro"),
        "python": platform.python_version(),
    }
    print(json.dumps(found, indent=2))
    if options.write:
        RESULTS.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    return 1 if any(result["findings"] for result in results.values()) else 0


def _write_seeds(folder: Path) -> None:
    for target, data in seeds():
        corpus = folder / target
        corpus.mkdir(parents=True, exist_ok=True)
        (corpus / sha256(data).hexdigest()[:16]).write_bytes(data)


def _run(target: str, folder: Path, seconds: int) -> dict[str, Any]:
    began = time.monotonic()
    before = set(folder.glob(f"{target}-*"))
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.fuzz.one", target),
            str(folder / target),
            f"-max_total_time={seconds}",
            f"-timeout={ONE_INPUT_S}",
            f"-rss_limit_mb={MEMORY_MB}",
            f"-artifact_prefix={folder}/{target}-",
            "-print_final_stats=1",
            "-max_len=16384",
        ],
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    (folder / f"{target}.log").write_text(done.stderr, "utf-8")
    ran = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    covered = re.findall(r"cov: (\d+)", done.stderr)
    return {
        "seconds": round(time.monotonic() - began),
        "inputs": int(ran[1]) if ran else 0,
        "edges_covered": int(covered[-1]) if covered else 0,
        "corpus": len(list((folder / target).iterdir())),
        "findings": sorted(path.name for path in set(folder.glob(f"{target}-*")) - before)
        or ([] if done.returncode == 0 else [f"exit code {done.returncode}"]),
    }


if __name__ == "__main__":
    sys.exit(main())
