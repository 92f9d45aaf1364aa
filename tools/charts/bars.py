"""Draws a bar chart as SVG: the same bytes for the same figures, readable in light and dark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import floor, log10
from typing import Final

WIDTH: Final = 760
CHARACTER: Final = 6.8
"""About the width of one, at the size of the labels: fonts differ from reader to reader."""
RIGHT: Final = 110
"""Room behind the longest bar for its figure."""
TOP: Final = 66
ROW: Final = 28
BAR: Final = 16
FOOT: Final = 34
MOST_TICKS: Final = 6
HEAD: Final = (
    'xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title desc" '
    "font-family=\"Helvetica, Arial, 'DejaVu Sans', sans-serif\""
)
STYLE: Final = """
    .page { fill: #ffffff; stroke: #d3dbe4; }
    .grid { stroke: #d3dbe4; }
    .bar { fill: #8a99a8; }
    .ours { fill: #2a62a8; }
    .goal { stroke: #a35200; stroke-width: 2; }
    text { font-size: 13px; fill: #1d2833; }
    .title { font-size: 15px; font-weight: bold; }
    .small { font-size: 12px; fill: #4d5b69; }
    .behind { fill: #ffffff; }
    @media (prefers-color-scheme: dark) {
      .page { fill: #161b22; stroke: #3b4654; }
      .grid { stroke: #3b4654; }
      .bar { fill: #6f7f8f; }
      .ours { fill: #5b9bea; }
      .goal { stroke: #f0a050; }
      text { fill: #e6edf3; }
      .small { fill: #a9b4c0; }
      .behind { fill: #161b22; }
    }"""
"""The chart has a ground of its own, so that it is readable on any page. Figures have its colour
behind them, because lines of the grid and of goals would cross them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar. Ours have a colour of their own; a goal is a mark across the bar."""

    label: str
    value: float
    note: str = ""
    """Behind the figure."""
    ours: bool = False
    goal: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Bars of one unit, from 0, drawn from the top in order."""

    title: str
    unit: str
    bars: Sequence[Bar]


def drawn(chart: Chart) -> str:
    """Return the chart as an SVG file. ValueError without a value above 0."""
    most = max(max(bar.value, bar.goal or 0) for bar in chart.bars)
    if most <= 0:
        raise ValueError("a chart without a value above 0")
    left = round(26 + CHARACTER * max(len(bar.label) for bar in chart.bars))
    scale = _Scale(left, (WIDTH - left - RIGHT) / most)
    bottom = TOP + ROW * len(chart.bars)
    spoken = "; ".join(f"{bar.label}: {_figure(bar)}" for bar in chart.bars)
    height = bottom + FOOT
    lines = [
        f'<svg {HEAD} viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">',
        f'  <title id="title">{escape(chart.title)}</title>',
        f'  <desc id="desc">{escape(chart.unit)}. {escape(spoken)}.</desc>',
        f"  <style>{STYLE}\n  </style>",
        f'  <rect class="page" x="1" y="1" width="{WIDTH - 2}" height="{height - 2}" rx="6"/>',
        f'  <text class="title" x="16" y="27">{escape(chart.title)}</text>',
        f'  <text class="small" x="16" y="47">{escape(_legend(chart))}</text>',
        *_grid(most, scale, bottom),
    ]
    for number, bar in enumerate(chart.bars):
        lines += _bar(bar, TOP + ROW * number, scale)
    return "\n".join((*lines, "</svg>", ""))


@dataclass(frozen=True, slots=True)
class _Scale:
    """From a value to a place."""

    left: int
    factor: float

    def at(self, value: float) -> float:
        return self.left + value * self.factor


def _grid(most: float, scale: _Scale, bottom: int) -> Iterator[str]:
    step = _step(most)
    for n in range(int(most / step) + 1):
        x = scale.at(n * step)
        yield f'  <path class="grid" d="M{x:.1f} {TOP - 4}V{bottom + 4}"/>'
        yield (
            f'  <text class="small" x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">'
            f"{_number(n * step)}</text>"
        )


def _bar(bar: Bar, top: int, scale: _Scale) -> Iterator[str]:
    middle = top + ROW / 2
    line = f"{middle + 4.5:.1f}"
    end = scale.at(bar.value)
    label, figure = escape(bar.label), escape(_figure(bar))
    yield f'  <text x="{scale.left - 10}" y="{line}" text-anchor="end">{label}</text>'
    yield (
        f'  <rect class="{"ours" if bar.ours else "bar"}" x="{scale.left}" '
        f'y="{middle - BAR / 2:.1f}" width="{end - scale.left:.1f}" height="{BAR}"/>'
    )
    if bar.goal is not None:
        mark = scale.at(bar.goal)
        yield f'  <path class="goal" d="M{mark:.1f} {top}v{ROW}"/>'
    yield (
        f'  <rect class="behind" x="{end + 3:.1f}" y="{middle - BAR / 2:.1f}" '
        f'width="{8 + CHARACTER * len(figure):.1f}" height="{BAR}"/>'
    )
    yield f'  <text x="{end + 7:.1f}" y="{line}">{figure}</text>'


def _legend(chart: Chart) -> str:
    return chart.unit + ("; the line is the goal" if any(b.goal for b in chart.bars) else "")


def _figure(bar: Bar) -> str:
    return _number(bar.value) + (f" {bar.note}" if bar.note else "")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"


def _step(most: float) -> float:
    """Return a distance of grid lines that a reader can add up: 1, 2 or 5 of a power of ten."""
    power = 10.0 ** floor(log10(most))
    steps = (power * part for part in (0.1, 0.2, 0.5, 1, 2, 5))
    return next(step for step in steps if most / step < MOST_TICKS)
