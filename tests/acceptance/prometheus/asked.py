"""Ask the queries of a dashboard as Grafana does: variables and windows filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from tests.acceptance.prometheus.server import Server
from tests.unit.grafana.reading import Read

POINTS: Final = 240


@dataclass(frozen=True, slots=True)
class Shown:
    """What a reader has chosen: the time that is shown, and variables."""

    start: float
    end: float
    scrape_s: float
    chosen: tuple[tuple[str, str], ...] = ()
    """Variables with their values; all others are `.*`, as for All."""

    @property
    def step_s(self) -> float:
        """Return Grafana's step: one point for some pixels, at least a scrape."""
        return max((self.end - self.start) / POINTS, self.scrape_s)

    def fill(self, expr: str) -> str:
        """Return a query with its variables."""
        window = max(self.step_s + self.scrape_s, 4 * self.scrape_s)
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
    expr = shown.fill(target["expr"])
    if target["range"]:
        return server.ask_range(expr, start=shown.start, end=shown.end, step=shown.step_s)
    return server.ask(expr, shown.end)
