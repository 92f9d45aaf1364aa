"""Writes the tables of docs/operate/worker-settings.md: ``python -m tools.worker_page``."""

from __future__ import annotations

from pathlib import Path

from kpr_stream.model.tuned import TunedSetting, as_markdown
from kpr_stream.processor.adapters.tuning import (
    CONSUMER,
    FAUST,
    OUTPUT_READER,
    POLARS,
    PRODUCER,
    ROCKSDB,
    faust_timeouts,
)
from kpr_stream.settings import Settings
from tests.support.repository import ROOT
from tools.generated import after_mark, write

PAGE = ROOT / "docs" / "operate" / "worker-settings.md"
MARK = "<!-- tables: python -m tools.worker_page -->"


def tables() -> str:
    """The part of the page behind the mark."""
    groups: dict[str, tuple[TunedSetting, ...]] = {
        "Faust and its consumer": (*FAUST, *faust_timeouts(Settings())),
        "The client under it, where Faust fixes the value": CONSUMER,
        "A lane's producer": PRODUCER,
        "The reader of our own outputs": OUTPUT_READER,
        "Polars, the frames (environment)": POLARS,
        "RocksDB, the ledgers": ROCKSDB,
    }
    parts = [f"## {name}\n\n{as_markdown(group)}" for name, group in groups.items()]
    return "\n\n".join(parts) + "\n"


def files() -> dict[Path, str]:
    """The page, with its tables made again."""
    return {PAGE: after_mark(PAGE, MARK, tables())}


if __name__ == "__main__":
    write(files())
