"""Read the parts of a dashboard's file that the rules look at."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from deploy.grafana.boards import FOLDER

FILES: Final = tuple(sorted(FOLDER.glob("*.json")))
WINDOW: Final = re.compile(r"\b(\w+)\(\s*([a-z_:]+)(?:\{[^}]*\})?\[([^\]]+)\]")
"""A function over a window: its name, the metric and the window."""
VARIABLE: Final = re.compile(r"\$\{?(\w+)")
BUILT_IN: Final = re.compile(r"__\w+")

Read = dict[str, Any]
"""A part of a dashboard, as JSON."""


def read(path: Path) -> Read:
    """Return a dashboard."""
    found: Read = json.loads(path.read_text("utf-8"))
    return found


def panels(board: Read) -> list[Read]:
    """Return the panels without the headings of rows."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def first_row(board: Read) -> list[Read]:
    """Return the panels of the first row."""
    found: list[Read] = []
    for panel in board["panels"][1:]:
        if panel["type"] == "row":
            break
        found.append(panel)
    return found


def expressions(panel: Read) -> list[str]:
    """Return the queries of a panel."""
    return [target["expr"] for target in panel["targets"]]


def variables(board: Read) -> dict[str, Read]:
    """Return the variables by name."""
    return {one["name"]: one for one in board["templating"]["list"]}


def query_of(variable: Read) -> str:
    """Return what a variable asks."""
    asked = variable.get("query", "")
    return str(asked["query"] if isinstance(asked, dict) else asked)


def defaults(panel: Read) -> Read:
    """Return what holds for all fields of a panel."""
    found: Read = panel["fieldConfig"]["defaults"]
    return found


def overrides(panel: Read) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the field of each override with its properties."""
    for one in panel["fieldConfig"].get("overrides", []):
        yield one["matcher"]["options"], {p["id"]: p.get("value") for p in one["properties"]}


def columns(panel: Read) -> list[str]:
    """Return the columns of a table, in their order."""
    for step in panel.get("transformations", []):
        if step["id"] == "organize":
            return list(step["options"].get("renameByName", {}).values())
    return []
