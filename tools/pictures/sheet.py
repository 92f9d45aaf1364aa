"""A picture of one dashboard: the page, its headings, and the frame of each panel."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle
from PIL import Image

from tools.pictures.values import Read

WIDTH: Final = 1440
"""Of a picture, in pixels."""
LINE: Final = 34
"""Height of a line of Grafana's grid, in pixels."""
COLUMNS: Final = 24
DPI: Final = 100
GAP: Final = 4
TITLE: Final = 26
TOP: Final = 52
INK: Final = "#22272E"
FAINT: Final = "#6C7683"
PAGE: Final = "#F1F3F5"
EDGE: Final = "#D5DAE0"
COLOURS: Final = 128
"""Of the written file: flat surfaces need few, and the file stays small."""

Box = tuple[float, float, float, float]
"""Left, top, width and height in pixels, from the top left corner."""


class Sheet:
    """A page in pixels, with its origin at the top left."""

    def __init__(self, board: Read) -> None:
        """Begin the page of a dashboard, with its title."""
        lines = max(p["gridPos"]["y"] + p["gridPos"]["h"] for p in board["panels"])
        self.height = TOP + lines * LINE + 2 * GAP
        self.figure = Figure(figsize=(WIDTH / DPI, self.height / DPI), dpi=DPI, facecolor=PAGE)
        self.page: Axes = self.figure.add_axes((0, 0, 1, 1))
        self.page.set_xlim(0, WIDTH)
        self.page.set_ylim(self.height, 0)
        self.page.axis("off")
        self.text(12, 20, board["title"][2:], 15, weight="bold")
        self.text(12, 40, board["description"], 8.5, colour=FAINT)

    def box_of(self, panel: Read) -> Box:
        """Return where a panel is."""
        at = panel["gridPos"]
        column = (WIDTH - 2 * GAP) / COLUMNS
        return (
            GAP + at["x"] * column + GAP / 2,
            TOP + at["y"] * LINE + GAP / 2,
            at["w"] * column - GAP,
            at["h"] * LINE - GAP,
        )

    def heading(self, panel: Read) -> None:
        """Write the heading of a row."""
        left, top, _, height = self.box_of(panel)
        self.text(left + 6, top + height / 2 + 2, panel["title"], 10.5, weight="bold")

    def frame(self, panel: Read, colour: str = "white") -> Box:
        """Draw the frame and the question of a panel; return the room inside."""
        left, top, width, height = self.box_of(panel)
        self.page.add_patch(
            FancyBboxPatch(
                (left, top), width, height, boxstyle="round,pad=0,rounding_size=3",
                facecolor="white", edgecolor=EDGE, linewidth=0.8,
            )
        )  # fmt: skip
        self.text(left + 8, top + 13, panel["title"], 8.4, weight="bold", within=width - 14)
        inside = (left + 6, top + TITLE, width - 12, height - TITLE - 6)
        if colour != "white":
            self.rectangle(inside, colour)
        return inside

    def rectangle(self, box: Box, colour: str) -> None:
        """Fill a rectangle."""
        left, top, width, height = box
        self.page.add_patch(Rectangle((left, top), width, height, facecolor=colour, linewidth=0))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        colour: str = INK,
        align: str = "left",
        weight: str = "normal",
        within: float | None = None,
    ) -> None:
        """Write a text, shortened if it is wider than ``within`` pixels."""
        most = len(text) if within is None else max(1, int(within / (size * 0.80)))
        shown = text if len(text) <= most else text[: max(1, most - 1)] + "…"
        self.page.text(
            x, y, shown, fontsize=size, color=colour, ha=align, va="center", weight=weight
        )  # fmt: skip

    def plot(self, box: Box) -> Axes:
        """Return axes within a box, for lines."""
        left, top, width, height = box
        made: Axes = self.figure.add_axes(
            (left / WIDTH, 1 - (top + height) / self.height, width / WIDTH, height / self.height)
        )
        return made

    def save(self, path: Path) -> int:
        """Write the picture with few colours; return its bytes."""
        raw = io.BytesIO()
        self.figure.savefig(raw, format="png", facecolor=PAGE)
        small = Image.open(raw).convert("RGB").quantize(COLOURS)
        small.save(path, optimize=True)
        return path.stat().st_size


def use_own_style() -> None:
    """Draw the same on every machine, whatever its settings of matplotlib are."""
    style: dict[str, Any] = {
        "font.family": "DejaVu Sans",
        "text.color": INK,
        "axes.edgecolor": EDGE,
        "axes.labelcolor": FAINT,
        "xtick.color": FAINT,
        "ytick.color": FAINT,
        "font.size": 7.5,
        "axes.linewidth": 0.6,
    }
    mpl.rcdefaults()
    mpl.rcParams.update(style)
