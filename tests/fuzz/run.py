"""Runs the fuzz targets with atheris (libFuzzer) for a while and writes down what came of it.

Atheris is no dependency of this project: it has no wheels for some of the platforms that the lock
file serves. Once: ``pip install atheris==3.0.0``. Then: ``python -m tests.fuzz.run --seconds 600``.
Every target runs in a process of its own, so that an abort below Python is seen too. Exit code 1
if anything was found; the input then lies beside the corpus, and its name is told.
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
"""libFuzzer calls an input a hang after this: a delivery must never hold a lane for so long."""
MEMORY_MB = 2_000


def main() -> int:
    """Run both targets; write the figures where ``--write`` says so."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=int, default=600, help="of both targets together")
    options.add_argument("--folder", type=Path, default=Path(".fuzz"), help="corpus and findings")
    options.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    asked = options.parse_args()
    _plant(asked.folder)
    results = {name: _run(name, asked.folder, asked.seconds // len(TARGETS)) for name in TARGETS}
    found = {
        "targets": results,
        "atheris": version("atheris"),
        "polars": version("polars"),
        "fastavro": version("fastavro"),
        "python": platform.python_version(),
    }
    print(json.dumps(found, indent=2))
    if asked.write:
        RESULTS.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    return 1 if any(result["findings"] for result in results.values()) else 0


def _plant(folder: Path) -> None:
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
