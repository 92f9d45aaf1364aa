"""Ask the queries of a dashboard as Grafana does: variables and windows filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from tests.acceptance.prometheus.server import Server
from tests.unit.grafana.reading import Read, panels, query_of, variables

POINTS: Final = 240
LEAST_S: Final = {"": 0, "1d": 86_400}
"""Least steps that queries ask for, in seconds."""
_LABEL_VALUES: Final = re.compile(r"label_values\((?P<series>.+), (?P<label>\w+)\)")
_SPECIAL: Final = re.compile(r"[$^*{}\[\]'+?.()|]")
_QUERY_RESULT: Final = re.compile(r"query_result\((?P<expr>.+)\)")

QueryPlace = tuple[str, str, str]
"""Dashboard, title of the panel, and letter of the query."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a reader has chosen: the time that is shown, and variables."""

    start: float
    end: float
    scrape_s: float
    chosen: tuple[tuple[str, str], ...] = ()
    """Variables with their values; all others are `.*`, as for All."""

    def step_s(self, least: str = "") -> float:
        """Return Grafana's step: a scrape, some pixels, or what the query asks for at least."""
        return max((self.end - self.start) / POINTS, self.scrape_s, LEAST_S[least])

    def fill(self, expr: str, step_s: float) -> str:
        """Return a query with its variables."""
        window = max(step_s + self.scrape_s, 4 * self.scrape_s)
        values = {
            "$__rate_interval": f"{round(window)}s",
            "$__range": f"{round(self.end - self.start)}s",
            **{f"${name}": value for name, value in self.chosen},
        }
        for name in ("$system", "$municipality", "$unit", "$release"):
            values.setdefault(name, ".*")
        for name, value in values.items():
            expr = expr.replace(name, value)
        assert "$" not in expr, expr
        return expr


def answer(server: Server, target: Read, shown: Shown) -> list[dict[str, Any]]:
    """Return the series that a query of a panel has."""
    step_s = shown.step_s(target.get("interval", ""))
    expr = shown.fill(target["expr"], step_s)
    if target["range"]:
        return server.ask_range(expr, start=shown.start, end=shown.end, step=step_s)
    return server.ask(expr, shown.end)


def answers(
    server: Server, board: Read, shown: Shown
) -> Iterator[tuple[QueryPlace, list[dict[str, Any]]]]:
    """Yield what each query of a dashboard's panels has."""
    for panel in panels(board):
        for target in panel["targets"]:
            place = board["uid"], panel["title"], target["refId"]
            yield place, answer(server, target, shown)


def with_all_values(server: Server, board: Read, shown: Shown) -> tuple[Shown, list[str]]:
    """Choose every value that the variables' own queries find, one variable after the other.

    A variable without a query has its first choice, or all of them. Also return the names of
    variables whose queries find nothing.
    """
    without = []
    for name, variable in variables(board).items():
        if variable["type"] == "query":
            found = _values(server, variable, shown)
            if not found:
                without.append(name)
                continue
            chosen = f"({'|'.join(found)})"
        elif variable["type"] == "custom":
            current = variable["current"]["value"]
            chosen = variable["allValue"] if isinstance(current, list) else current
        else:
            continue
        shown = replace(shown, chosen=(*shown.chosen, (name, chosen)))
    return shown, without


def _values(server: Server, variable: Read, shown: Shown) -> list[str]:
    asked = shown.fill(query_of(variable), shown.step_s())
    if found := _LABEL_VALUES.fullmatch(asked):
        series = server.ask(f"count by ({found['label']}) ({found['series']})", shown.end)
        return sorted(_escaped(one["metric"][found["label"]]) for one in series)
    found = _QUERY_RESULT.fullmatch(asked)
    assert found, asked
    wanted = re.compile(variable["regex"][1:].removesuffix("/g").replace("(?<", "(?P<"))
    return sorted(
        _escaped(one["value"])
        for series in server.ask(found["expr"], shown.end)
        for one in wanted.finditer(_as_text(series))
        if one["value"]
    )


def _escaped(value: str) -> str:
    """Write a value as Grafana puts it between the quotes of a matcher."""
    return _SPECIAL.sub(r"\\\\\g<0>", value)


def _as_text(series: Read) -> str:
    """Write a series as Grafana shows it to the expression that picks the values."""
    labels = ", ".join(f'{name}="{value}"' for name, value in series["metric"].items())
    at, value = series["value"]
    return f"{{{labels}}} {value} {at * 1000:.0f}"
