"""Watch the processes of a run: memory, open files, disk. One sample is a line of a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.figures import rounded, rounded_all
from bench.usage import folder_bytes, memory_mb, open_files, peak_mb, tree

Sample = Mapping[str, Any]


@dataclass(frozen=True)
class Watched:
    """The processes of a run by name, and the folders that they write."""

    pids: Mapping[str, Callable[[], int | None]]
    """Each returns the process's id, or None while it does not run. Descendants count too."""
    folders: Mapping[str, Sequence[Path]]

    def sample(self) -> dict[str, Any]:
        """Return memory, peak and open files of each process now."""
        found = {name: tree(pid) for name, ask in self.pids.items() if (pid := ask())}
        running = {name: processes for name, processes in found.items() if processes}
        return {
            "memory_mb": {name: rounded(memory_mb(of)) for name, of in running.items()},
            "peak_mb": {name: rounded(peak_mb(of)) for name, of in running.items()},
            "open_files": {name: open_files(of) for name, of in running.items()},
        }

    def disk_mb(self) -> dict[str, float]:
        """Return what each folder takes on disk."""
        return rounded_all(
            {name: sum(map(folder_bytes, of)) / 1e6 for name, of in self.folders.items()}
        )


def peaks(samples: Iterable[Sample], what: str) -> dict[str, float]:
    """Return the greatest value of each process."""
    found: dict[str, float] = {}
    for one in samples:
        for name, value in one[what].items():
            found[name] = max(value, found.get(name, 0))
    return found


def read_samples(file: Path) -> list[dict[str, Any]]:
    """Return the samples of a file, none if it is missing. A line that was cut off is left out."""
    if not file.exists():
        return []
    whole, _, _ = file.read_text("utf-8").rpartition("\n")
    return [json.loads(line) for line in whole.splitlines()]


def add_sample(file: Path, sample: Sample) -> None:
    """Append a sample to a file."""
    with file.open("a", encoding="utf-8") as out:
        out.write(json.dumps(sample) + "\n")
