"""Run the real worker without some of its guarantees, and note each commit with its items.

``python -m bench.full.switched_worker``, with the environment variables below. A worker without
receipts answers nobody, so the notes say how far it is.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Final, NamedTuple

from bench.full.switches import switch_off
from kpr_stream.processor.decide.delivery import DecidedDelivery
from kpr_stream.processor.worker.main import run_worker
from kpr_stream.processor.worker.metrics_observer import MetricsObserver
from kpr_stream.settings import Settings
from tests.faults.mutations.switches import replace

SWITCHED_OFF: Final = "BENCH_SWITCHED_OFF"
"""Names of ``switches.SWITCHES``, with commas between."""
NOTES: Final = "BENCH_NOTES"
"""The file of the notes."""


class Progress(NamedTuple):
    """How far a worker is."""

    at: float = 0.0
    """When it last committed, by the clock that all processes of a machine share."""
    items: int = 0


def read_notes(file: Path) -> Progress:
    """Return the last note. A note that is being written is left out."""
    if not file.exists():
        return Progress()
    whole, _, _ = file.read_text("utf-8").rpartition("\n")
    if not whole:
        return Progress()
    at, items = whole.rpartition("\n")[2].split()
    return Progress(float(at), int(items))


def note_commits(file: Path) -> None:
    """Let this process note each commit."""
    committed, notes = MetricsObserver.committed, file.open("a", encoding="utf-8", buffering=1)
    items = 0

    def note(
        observer: MetricsObserver, lane: int, seconds: float, settled: Sequence[DecidedDelivery]
    ) -> None:
        nonlocal items
        committed(observer, lane, seconds, settled)
        items += sum(sum(one.outcomes) for one in settled)
        notes.write(f"{monotonic()} {items}\n")

    replace(MetricsObserver.committed, note)


def main() -> None:
    """Serve until asked to stop."""
    for name in filter(None, os.environ[SWITCHED_OFF].split(",")):
        switch_off(name)
    note_commits(Path(os.environ[NOTES]))
    run_worker(Settings())


if __name__ == "__main__":
    main()
