"""The rows of a table, as Grafana's transformations make them of several answers. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tools.pictures.values import Read

Row = dict[str, float | str | None]
"""One row: column to value."""


def table_rows(panel: Read, answers: Mapping[str, Sequence[Read]]) -> list[Row]:
    """Return the rows of a table panel; ``answers``: series by the name of their query."""
    found = joined(answers)
    for step in panel.get("transformations", []):
        if step["id"] == "organize":
            found = [_organised(row, step["options"]) for row in found]
        elif step["id"] == "sortBy":
            found = _sorted(found, step["options"]["sort"][0]["field"], descending=False)
    for one in panel["options"].get("sortBy", []):
        found = _sorted(found, one["displayName"], descending=bool(one.get("desc")))
    return found


def column_names(panel: Read) -> list[str]:
    """Return the columns that a table shows, in their order."""
    for step in panel.get("transformations", []):
        if step["id"] == "organize":
            return list(step["options"].get("renameByName", {}).values())
    return []


def joined(answers: Mapping[str, Sequence[Read]]) -> list[Row]:
    """Return one row for all series with the same labels."""
    rows: dict[tuple[tuple[str, str], ...], Row] = {}
    for ref, series in answers.items():
        name = f"Value #{ref}" if len(answers) > 1 else "Value"
        for one in series:
            labels = {k: v for k, v in one["metric"].items() if k != "__name__"}
            row = rows.setdefault(tuple(sorted(labels.items())), dict(labels))
            row[name] = float(one["value"][1])
    return list(rows.values())


def _organised(row: Row, options: Read) -> Row:
    names: Mapping[str, str] = options.get("renameByName", {})
    hidden = options.get("excludeByName", {})
    return {names.get(key, key): value for key, value in row.items() if key not in hidden}


def _sorted(rows: list[Row], column: str, *, descending: bool) -> list[Row]:
    def key(row: Row) -> Any:
        return row.get(column)

    there = [row for row in rows if row.get(column) is not None]
    rest = [row for row in rows if row.get(column) is None]
    return sorted(there, key=key, reverse=descending) + rest
