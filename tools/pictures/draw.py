"""Draw every panel of a dashboard from the answers to its queries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tools.pictures import kinds, over_time
from tools.pictures.kinds import Answers
from tools.pictures.sheet import Sheet, use_own_style
from tools.pictures.values import Read

DRAWN: Final[Mapping[str, Callable[[Sheet, Read, Answers], None]]] = {
    "stat": kinds.number,
    "table": kinds.table,
    "bargauge": kinds.bars,
    "timeseries": over_time.lines,
    "state-timeline": over_time.states,
}


def draw(board: Read, answers: Mapping[str, Answers], path: Path) -> int:
    """Write the picture of a dashboard; return its bytes. ``answers``: by the id of the panel."""
    use_own_style()
    sheet = Sheet(board)
    for panel in board["panels"]:
        if panel["type"] == "row":
            sheet.heading(panel)
        else:
            DRAWN[panel["type"]](sheet, panel, answers[str(panel["id"])])
    return sheet.save(path)
