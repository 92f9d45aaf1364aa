"""Make the whole nation, 2017-2025, and measure speed, memory, disk and its levels.

    python -m bench.nation [--share 1.0] [--folder /tmp]

The nation is written into a temporary folder, which needs some 20 GB and is removed at the end.
Figures go to bench/results/nation.json.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from kpr_stream.simulate.nation.generate import DONE_FOLDER, TRUTH_FOLDER
from tests.end_to_end.levels import PUBLISHED, counted, farthest, summed

RESULTS = Path(__file__).parent / "results" / "nation.json"


def made(out: Path, share: float) -> dict[str, Any]:
    """Make the nation in a process of its own, and return what that took."""
    began = time.monotonic()
    command = ["simulate", "nation", str(out), "--share", str(share), "--json"]
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "kpr_stream", *command], check=True, stdout=subprocess.PIPE
    )
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds, cpu = time.monotonic() - began, used.ru_utime + used.ru_stime
    expected = json.loads(done.stdout)
    items = expected["total"]["items_sent"]
    return {
        "items": items,
        "outcomes": expected["total"]["outcomes"],
        "by_system": {name: one["items_sent"] for name, one in expected["systems"].items()},
        "units": sum(len(one["units"]) for one in expected["systems"].values()),
        "places": len([*(out / DONE_FOLDER).iterdir()]),
        "files": expected["files"],
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 1),
        "items_a_cpu_second": round(items / cpu),
        "peak_megabytes": round(used.ru_maxrss / 1024),
    }


def disk(out: Path) -> dict[str, float]:
    """Return the gigabytes of exports and truth."""
    truth = size_of(out / TRUTH_FOLDER)
    return {"exports": round(size_of(out) - truth, 2), "truth": round(truth, 2)}


def size_of(folder: Path) -> float:
    files = (Path(root) / name for root, _, names in os.walk(folder) for name in names)
    return sum(path.stat().st_size for path in files) / 1e9


def counts(out: Path) -> Iterator[pl.DataFrame]:
    """Yield the counts of every place, one by one."""
    truth = out / TRUTH_FOLDER
    for path in sorted((truth / "persons").iterdir()):
        records = pl.read_parquet(truth / "records" / f"{path.stem}-*.parquet")
        yield counted(records, pl.read_parquet(path))


def troubles(out: Path) -> dict[str, int]:
    """Count lines by the fault or event they carry."""
    lines = pl.scan_parquet(out / TRUTH_FOLDER / "faults" / "*.parquet")
    found = lines.group_by("fault").len().collect().sort("len", descending=True)
    return dict(found.iter_rows())


def persons(out: Path) -> dict[str, int]:
    """Count the people by kind."""
    people = pl.scan_parquet(out / TRUTH_FOLDER / "persons" / "*.parquet")
    found = people.select(
        children=pl.col("mother_of").is_null().sum(),
        mothers=pl.col("mother_of").is_not_null().sum(),
        twins=pl.col("twin_of").is_not_null().sum(),
        d_numbers=pl.col("dnr").is_not_null().sum(),
        duf_numbers=pl.col("duf").is_not_null().sum(),
    ).collect()
    return found.row(0, named=True)


def main() -> None:
    """Make and measure the nation, write the results file and remove the nation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kpr-nation-", dir=given.folder) as folder:
        out = Path(folder) / "out"
        found = {"share": given.share, **made(out, given.share)}
        found |= {"gigabytes": disk(out), "people": persons(out), "troubles": troubles(out)}
        levels = summed(counts(out))
    distance, where = farthest(levels)
    found |= {"levels": compared(levels), "farthest": {"points": round(distance, 2), "of": where}}
    RESULTS.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    print(json.dumps({name: value for name, value in found.items() if name != "levels"}))


def compared(levels: dict[str, dict[int, float]]) -> dict[str, Any]:
    """Return published and found levels by indicator and year."""
    return {
        indicator: {
            str(year or "all"): {"published": level, "found": levels[indicator][year]}
            for year, level in of.items()
        }
        for indicator, of in PUBLISHED.items()
    }


if __name__ == "__main__":
    main()
