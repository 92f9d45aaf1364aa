"""Plots as SVG that takes its colours from the page: one drawing for light, dark and print.

matplotlib draws with placeholder colours; they become CSS variables. A table beside every plot has
the same numbers, so the plot itself is one image with a title and a description.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from io import StringIO
from textwrap import fill

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, LINE = "#010203", "#010204"
COLOURS = ("#010205", "#010206", "#010207")
"""Placeholders: own place, county, nation."""
VARIABLES = {
    INK: "var(--ink)",
    LINE: "var(--line)",
    COLOURS[0]: "var(--own)",
    COLOURS[1]: "var(--county)",
    COLOURS[2]: "var(--country)",
}
MARKERS = ("o", "s", "D")
"""A place has a shape too: in print, and for many readers, colours look alike."""
STYLES = ("-", "--", ":")
WIDTH_IN = 5.0
"""360 points, about the width of a phone: text of 10 points is readable there without zooming."""
LONGEST_NAME = 24
"""Characters before a name beside a plot is broken: the plot keeps half the width."""

Numbers = Sequence[float | None]


def has_numbers(series: Mapping[str, Numbers]) -> bool:
    """Return whether there is anything to draw: a plot of nothing has no axes."""
    return any(value is not None for values in series.values() for value in values)


def dots(
    title: str, names: Sequence[str], series: Mapping[str, Numbers], colours: Sequence[int]
) -> str:
    """Return a dot plot of shares (0 to 1): a line a name, a dot a place. None is left out."""
    figure, axes = _axes(0.8 + 0.38 * len(names))
    for (label, values), at in zip(series.items(), colours, strict=True):
        there = [(100 * v, y) for y, v in enumerate(values) if v is not None]
        axes.plot(
            [x for x, _ in there],
            [y for _, y in there],
            linestyle="",
            marker=MARKERS[at],
            markersize=7,
            color=COLOURS[at],
            label=label,
        )
    axes.set_yticks(range(len(names)), [fill(name, LONGEST_NAME) for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlabel("Prosent")
    axes.grid(axis="x", color=LINE, linewidth=0.8)
    return _svg(figure, title)


def lines(
    title: str,
    names: Sequence[str],
    series: Mapping[str, Numbers],
    colours: Sequence[int],
    *,
    unit: str = "Prosent",
    along: str = "",
) -> str:
    """Return lines over names in order; values that are None interrupt a line."""
    figure, axes = _axes(2.9)
    scale = 100.0 if unit == "Prosent" else 1.0
    for (label, values), at in zip(series.items(), colours, strict=True):
        axes.plot(
            range(len(names)),
            [float("nan") if v is None else scale * v for v in values],
            linestyle=STYLES[at],
            marker=MARKERS[at],
            markersize=6,
            linewidth=2.2,
            clip_on=False,
            color=COLOURS[at],
            label=label,
        )
    axes.set_xticks(range(len(names)), names)
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_ylim(bottom=0)
    axes.set_ylabel(unit)
    axes.set_xlabel(along)
    axes.grid(axis="y", color=LINE, linewidth=0.8)
    return _svg(figure, title)


def _axes(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH_IN, height), layout="constrained")
    figure.patch.set_alpha(0)
    axes = figure.add_subplot()
    axes.patch.set_alpha(0)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(LINE)
    axes.tick_params(colors=INK, labelsize=9, length=0)
    axes.xaxis.label.set(color=INK, fontsize=10)
    axes.yaxis.label.set(color=INK, fontsize=10)
    axes.set_axisbelow(True)
    return figure, axes


def _svg(figure: Figure, title: str) -> str:
    axes = figure.axes[0]
    figure.legend(
        *axes.get_legend_handles_labels(),
        loc="outside upper left",
        ncols=3,
        frameon=False,
        fontsize=10,
        labelcolor=INK,
    )
    out = StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": title}):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    drawn = out.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn, flags=re.DOTALL)
    for placeholder, variable in VARIABLES.items():
        drawn = drawn.replace(placeholder, variable)
    drawn = re.sub(r"font: [^;\"]*'[^;\"]*", lambda m: _font(m[0]), drawn)
    drawn = re.sub(r'<svg ([^>]*?)width="[^"]*" height="[^"]*"|<svg ', r"<svg \1", drawn, count=1)
    return re.sub(
        r"<svg ([^>]*)>",
        lambda m: f'<svg {m[1]} role="img"><title>{escape(title)}</title>',
        drawn,
        count=1,
    )


def _font(style: str) -> str:
    size = re.search(r"[\d.]+px", style)
    return f"font: {size[0] if size else '11px'} system-ui, sans-serif"
