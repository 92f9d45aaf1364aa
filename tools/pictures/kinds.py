"""Draw numbers, tiles, tables and bars."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tools.pictures.frames import column_names, joined, table_rows
from tools.pictures.sheet import FAINT, INK, Box, Sheet
from tools.pictures.values import Read, colour_of, mapped, written

Answers = Mapping[str, Sequence[Read]]
"""The series of each query of a panel, by the name of the query."""

ROW: Final = 22
"""Height of a row of a table, in pixels."""
BAR: Final = 26
TILE_RATIO: Final = 2.1
NOTHING: Final = "#E8EBEE"
SHADE: Final = "#F7F8FA"


def number(sheet: Sheet, panel: Read, answers: Answers) -> None:
    """Draw one large number on its colour, or tiles where each row has its own."""
    if panel["options"]["reduceOptions"].get("values"):
        _tiles(sheet, panel, answers)
        return
    defaults = panel["fieldConfig"]["defaults"]
    series = answers["A"]
    value = float(series[0]["value"][1]) if series else None
    text, colour = _shown(defaults, value)
    left, top, width, height = sheet.frame(panel, colour)
    sheet.text(
        left + width / 2, top + height / 2, text, 21, colour="white", align="center", weight="bold"
    )


def table(sheet: Sheet, panel: Read, answers: Answers) -> None:
    """Draw as many rows as there is room for, and say how many there are."""
    box = sheet.frame(panel)
    left, top, width, height = box
    columns, rows = column_names(panel), table_rows(panel, answers)
    properties = _overrides(panel)
    room = int((height - ROW) / ROW)
    shown = rows if len(rows) <= room else rows[: room - 1]
    ends = _widths(columns, properties, width)
    for name, (start, wide) in zip(columns, ends, strict=True):
        sheet.text(left + start + 5, top + ROW / 2, name, 7.6, colour=FAINT, within=wide)
    for place, row in enumerate(shown):
        y = top + ROW * (place + 1)
        if place % 2 == 0:
            sheet.rectangle((left, y, width, ROW), SHADE)
        for name, (start, wide) in zip(columns, ends, strict=True):
            _cell(sheet, (left + start, y, wide, ROW), row.get(name), properties.get(name, {}))
    if not rows:
        sheet.text(left + 8, top + ROW * 1.6, "nothing", 8.5, colour=FAINT)
    elif len(shown) < len(rows):
        more = f"… and {len(rows) - len(shown)} more"
        sheet.text(left + 5, top + ROW * (len(shown) + 1.5), more, 7.6, colour=FAINT)


def bars(sheet: Sheet, panel: Read, answers: Answers) -> None:
    """Draw one bar a series, with its name on the left and its value on the right."""
    left, top, width, height = sheet.frame(panel)
    defaults = panel["fieldConfig"]["defaults"]
    named = [
        (legend(panel, one), float(one["value"][1]))
        for one in answers["A"]
        if not math.isnan(float(one["value"][1]))
    ]
    most = defaults.get("max") or max((value for _, value in named), default=0) or 1
    high = min(BAR, height / max(1, len(named)))
    names = width * 0.42
    for place, (name, value) in enumerate(named):
        y = top + place * high
        room = width - names - 78
        sheet.text(left + 4, y + high / 2, name, 7.8, within=names)
        sheet.rectangle((left + names, y + 3, room, high - 6), NOTHING)
        colour = colour_of(value, defaults["thresholds"]["steps"])
        sheet.rectangle(
            (left + names, y + 3, room * min(1, max(0, value) / most), high - 6), colour
        )
        text = written(value, defaults["unit"], defaults.get("decimals"))
        sheet.text(left + width - 72, y + high / 2, text, 8, weight="bold")


def legend(panel: Read, series: Read, ref: str = "A") -> str:
    """Return the name of a series."""
    target = next(one for one in panel["targets"] if one["refId"] == ref)
    text = str(target["legendFormat"])
    for label, value in series["metric"].items():
        text = text.replace(f"{{{{{label}}}}}", value)
    return text


def _tiles(sheet: Sheet, panel: Read, answers: Answers) -> None:
    left, top, width, height = sheet.frame(panel)
    defaults = panel["fieldConfig"]["defaults"]
    field = next(
        step["options"]["sort"][0]["field"]
        for step in panel["transformations"]
        if step["id"] == "sortBy"
    )
    rows = sorted(joined(answers), key=lambda row: str(row.get(field)))
    if not rows:
        return
    across = max(1, math.ceil(math.sqrt(len(rows) * width / height / TILE_RATIO)))
    wide, high = width / across, height / math.ceil(len(rows) / across)
    for place, row in enumerate(rows):
        value = row["Value"]
        x, y = left + (place % across) * wide, top + (place // across) * high
        _, colour = _shown(defaults, value if isinstance(value, float) else None)
        sheet.rectangle((x + 1, y + 1, wide - 2, high - 2), colour)
        names = [str(text) for key, text in row.items() if key != "Value"]
        for line, text in enumerate(names):
            middle = y + high * (line + 0.75) / (len(names) + 0.5)
            sheet.text(x + 4, middle, text, 5.6, colour="white", within=wide - 4)


def _shown(defaults: Read, value: float | None) -> tuple[str, str]:
    found = mapped(value, defaults.get("mappings", []))
    if found:
        return found
    if value is None or math.isnan(value):
        return str(defaults.get("noValue", "no data")), colour_of(None, [])
    text = written(value, defaults["unit"], defaults.get("decimals"))
    return text, colour_of(value, defaults["thresholds"]["steps"])


def _cell(sheet: Sheet, box: Box, value: float | str | None, look: Mapping[str, Any]) -> None:
    left, top, width, height = box
    colour, text = INK, written(value, look.get("unit", "short"), look.get("decimals"))
    number_of = value if isinstance(value, float) else None
    if "custom.cellOptions" in look and number_of is not None:
        found = mapped(number_of, look.get("mappings", []))
        steps = look.get("thresholds", {}).get("steps", [])
        fill = found[1] if found else colour_of(number_of, steps)
        text = found[0] if found else text
        sheet.rectangle((left + 1, top + 1, width - 2, height - 2), fill)
        colour = "white"
    elif look.get("links"):
        colour = "#2F6DB5"
    sheet.text(left + 5, top + height / 2, text, 7.8, colour=colour, within=width - 4)


def _overrides(panel: Read) -> dict[str, dict[str, Any]]:
    return {
        one["matcher"]["options"]: {p["id"]: p.get("value") for p in one["properties"]}
        for one in panel["fieldConfig"].get("overrides", [])
    }


def _widths(
    columns: Sequence[str], looks: Mapping[str, Mapping[str, Any]], width: float
) -> list[tuple[float, float]]:
    fixed = [looks.get(name, {}).get("custom.width") for name in columns]
    free = (width - sum(one or 0 for one in fixed)) / max(1, fixed.count(None))
    ends, start = [], 0.0
    for one in fixed:
        ends.append((start, float(one or free)))
        start += ends[-1][1]
    return ends
