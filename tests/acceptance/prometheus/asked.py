"""Ask the queries of a dashboard as Grafana does: variables and windows filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from tests.acceptance.prometheus.server import Server
from tests.unit.grafana.reading import Read

POINTS: Final = 240
LEAST_S: Final = {"": 0, "1d": 86_400}
"""Least steps that queries ask for, in seconds."""


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
