"""All dashboards, and the files that they become."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy.grafana import backfill, municipality, nation, pipeline, quality, system
from deploy.grafana.parts.board import Board, as_json
from deploy.grafana.parts.variables import RUNBOOKS

FOLDER: Final = Path(__file__).with_name("dashboards")


def boards() -> tuple[Board, ...]:
    """Return every dashboard, in reading order."""
    return (
        nation.board(),
        municipality.board(),
        system.board(),
        pipeline.board(),
        quality.board(),
        backfill.board(),
    )


def files(folder: Path = FOLDER, *, runbooks: str = RUNBOOKS) -> Mapping[Path, str]:
    """Return every dashboard by its file. ``runbooks``: where the runbooks are served."""
    return {folder / f"{board.uid}.json": as_json(board, runbooks) for board in boards()}
