"""Draw lines, stacked areas, bars and states over time."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

import matplotlib.dates as mdates
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from tools.pictures.kinds import Answers, legend
from tools.pictures.sheet import EDGE, FAINT, Box, Sheet
from tools.pictures.values import Read, written

PALETTE: Final = (
    *("#4A7FB5", "#B8860B", "#7A5BA6", "#2A9D8F", "#C05A7A", "#6C7A89"),
    *("#8FBF6B", "#D98C4A", "#5B6FB8", "#97867A"),
)
OSLO: Final = ZoneInfo("Europe/Oslo")
LEFT: Final = 58
"""Room for the numbers of the axis, in pixels."""
BELOW: Final = 46
"""Room for times and names, in pixels."""
ROW: Final = 17
DAY_S: Final = 86_400
"""Matplotlib counts time in days."""

Line = tuple[str, list[float], list[float]]
"""Name, times and values."""


def lines(sheet: Sheet, panel: Read, answers: Answers) -> None:
    """Draw the series of all queries on one axis from zero."""
    left, top, width, height = sheet.frame(panel)
    axes = sheet.plot((left + LEFT, top, width - LEFT - 6, height - BELOW))
    defaults = panel["fieldConfig"]["defaults"]
    custom = defaults["custom"]
    found = _lines(panel, answers)
    if not found:
        axes.axis("off")
        _nothing(sheet, (left, top, width, height))
        return
    colours = _colours(panel, [name for name, _, _ in found])
    if custom["stacking"]["mode"] == "normal":
        _stack(axes, found, colours, bars=custom["drawStyle"] == "bars")
    else:
        for name, times, values in found:
            axes.plot(*_with_gaps(times, values), color=colours[name], linewidth=1.5)
    axes.set_ylim(bottom=0)
    if defaults.get("max") is not None:
        axes.set_ylim(top=defaults["max"] * 1.02)
    elif axes.get_ylim()[1] <= 1e-9:
        axes.set_ylim(top=1)
    _limits(axes, panel)
    _finish(axes, defaults["unit"], [(name, colours[name]) for name, _, _ in found])


def states(sheet: Sheet, panel: Read, answers: Answers) -> None:
    """Draw one band a series, in the colours of its states."""
    left, top, width, height = sheet.frame(panel)
    texts = panel["fieldConfig"]["defaults"]["mappings"][0]["options"]
    found = sorted(_lines(panel, answers), key=lambda one: -one[2][-1])
    room = int((height - BELOW) / ROW)
    shown = found[:room]
    if not shown:
        _nothing(sheet, (left, top, width, height))
        return
    axes = sheet.plot((left + 170, top, width - 176, len(shown) * ROW))
    for place, (name, times, values) in enumerate(shown):
        step = times[1] - times[0] if len(times) > 1 else 1
        for at, value in zip(times, values, strict=True):
            axes.barh(
                place, step / DAY_S, 0.8, at / DAY_S,
                color=texts[f"{value:g}"]["color"], linewidth=0,
            )  # fmt: skip
        sheet.text(left + 4, top + (place + 0.5) * ROW, name, 7.4, within=170)
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_yticks([])
    _times(axes)
    named = [(one["text"], one["color"]) for one in texts.values()]
    _names(axes, named, -24 / axes.bbox.height)
    if len(found) > len(shown):
        more = f"… and {len(found) - len(shown)} more on the next pages"
        sheet.text(left + 4, top + height - 8, more, 7.4, colour=FAINT)


def _nothing(sheet: Sheet, box: Box) -> None:
    left, top, width, height = box
    sheet.text(left + width / 2, top + height / 2, "no data", 9, colour=FAINT, align="center")


def _lines(panel: Read, answers: Answers) -> list[Line]:
    found = []
    for target in panel["targets"]:
        for one in answers[target["refId"]]:
            points = [(float(at), float(value)) for at, value in one["values"]]
            there = [(at, value) for at, value in points if value == value]  # noqa: PLR0124 - NaN
            if there:
                name = legend(panel, one, target["refId"])
                found.append((name, [at for at, _ in there], [value for _, value in there]))
    return sorted(found)


def _colours(panel: Read, names: list[str]) -> dict[str, str]:
    fixed = {
        one["matcher"]["options"]: p["value"]["fixedColor"]
        for one in panel["fieldConfig"].get("overrides", [])
        for p in one["properties"]
        if p["id"] == "color"
    }
    rest = iter(PALETTE * 4)
    return {name: fixed.get(name) or next(rest) for name in names}


def _stack(axes: Axes, found: list[Line], colours: dict[str, str], *, bars: bool) -> None:
    grid = sorted({at for _, times, _ in found for at in times})
    shown: Any = [at / DAY_S for at in grid]
    heights = [
        np.array([dict(zip(times, values, strict=True)).get(at, 0.0) for at in grid])
        for _, times, values in found
    ]
    if not bars:
        axes.stackplot(shown, heights, colors=[colours[name] for name, _, _ in found], alpha=0.85)
        return
    below = np.zeros(len(grid))
    width = (shown[1] - shown[0]) * 0.8 if len(shown) > 1 else 0.0005
    for (name, _, _), values in zip(found, heights, strict=True):
        axes.bar(shown, values, width, bottom=below, color=colours[name], linewidth=0)
        below = below + values


def _with_gaps(times: list[float], values: list[float]) -> tuple[list[float], list[float]]:
    """Return the points in days, with a break wherever one or more are missing."""
    step = min((b - a for a, b in pairwise(times)), default=0.0)
    shown, kept = [], []
    for place, (at, value) in enumerate(zip(times, values, strict=True)):
        if place and at - times[place - 1] > 1.5 * step:
            shown.append((at - step / 2) / DAY_S)
            kept.append(float("nan"))
        shown.append(at / DAY_S)
        kept.append(value)
    return shown, kept


def _limits(axes: Axes, panel: Read) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    if defaults["custom"].get("thresholdsStyle", {}).get("mode") != "dashed":
        return
    top = axes.get_ylim()[1]
    for step in defaults["thresholds"]["steps"][1:]:
        if step["value"] <= top:
            axes.axhline(step["value"], color=step["color"], linewidth=1, linestyle=(0, (5, 3)))


def _finish(axes: Axes, unit: str, named: list[tuple[str, str]]) -> None:
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: written(float(value), unit)))
    axes.grid(axis="y", color=EDGE, linewidth=0.5)
    axes.set_axisbelow(True)
    _times(axes)
    _names(axes, named, -24 / axes.bbox.height)


def _times(axes: Axes) -> None:
    axes.set_facecolor("white")
    axes.margins(x=0)
    axes.xaxis_date(tz=OSLO)
    axes.xaxis.set_major_locator(mdates.AutoDateLocator(minticks=3, maxticks=12, tz=OSLO))
    axes.xaxis.set_major_formatter(
        mdates.ConciseDateFormatter(axes.xaxis.get_major_locator(), tz=OSLO, show_offset=False)
    )
    axes.tick_params(length=2, pad=2)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _names(axes: Axes, named: list[tuple[str, str]], y: float) -> None:
    handles = [Patch(color=colour, label=name) for name, colour in named]
    columns = max(1, int(axes.bbox.width / (26 + 4.4 * max(len(name) for name, _ in named))))
    axes.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(-0.02, y), ncol=columns, frameon=False,
        fontsize=7, handlelength=0.9, handleheight=0.8, columnspacing=1.1, borderaxespad=0,
    )  # fmt: skip
