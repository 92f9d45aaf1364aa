"""Writes the example of `docs/operate/top.md`: `python -m tools.top_page`."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from rich.console import Console

from kpr_stream.model.words import System
from kpr_stream.overview.facts import Overview
from kpr_stream.overview.gather import gather
from kpr_stream.overview.layout import draw
from tests.support.installation import BLOCKED, NEVER, SILENT, WELL, Installation, unit
from tests.support.repository import ROOT
from tools.generated import write

PAGE: Final = ROOT / "docs" / "operate" / "top.md"
BLOCK: Final = re.compile(r"(<!-- example: begin -->\n)(.*?)(<!-- example: end -->)", re.DOTALL)
COLUMNS: Final = 80
UNITS: Final = (
    *(replace(SILENT, org_nr=f"8000001{n:02}", municipality_code="4601") for n in (3, 11, 46, 54)),
    *(unit(f"8000002{n:02}", System.HELSEPLATTFORMEN, "5001", timedelta(hours=4)) for n in (0, 18)),
    *(NEVER, BLOCKED, *WELL),
)


def facts() -> Overview:
    """An installation with two troubles of its own and three of its units."""
    how = Installation(units=UNITS, away=["worker-2"], sink_waits_s=2_400)
    return gather(replace(how, seconds=5).samples(), how.samples())


def example() -> str:
    """What `kpr-stream top --once` prints of it, at 80 columns."""
    out = io.StringIO()
    Console(file=out, width=COLUMNS, no_color=True).print(draw(facts()))
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    return "```\n" + "\n".join(lines) + "\n```\n"


def files() -> dict[Path, str]:
    """The page, with its example made again."""
    page = PAGE.read_text("utf-8")
    return {PAGE: BLOCK.sub(lambda m: m[1] + example() + m[3], page)}


if __name__ == "__main__":
    write(files())
