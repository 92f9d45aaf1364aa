"""Every query of every panel, asked of a real Prometheus that has scraped the real receiver."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import time
from typing import Final

import pytest

from kpr_stream.exporter.run import places_of
from kpr_stream.settings import Settings
from tests.acceptance.prometheus.asked import Shown, answer
from tests.acceptance.prometheus.watched import Watched, scaled_rules, watched
from tests.acceptance.prometheus.world import make_world
from tests.support.stack import one_stack
from tests.unit.grafana.reading import FILES, Read, panels, query_of, read, variables

PLACES: Final = 14
UNITS: Final = 24
DAY_S: Final = 15
DAYS: Final = 5


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    with one_stack(tmp_path_factory.mktemp("stack")) as settings:
        yield settings


async def test_every_panel_returns_data(stack: Settings, tmp_path: Path) -> None:
    places = [(code, place.county) for code, place in sorted(places_of().items())][:: 357 // PLACES]
    world = make_world(places, units=UNITS, troubled=14)
    async with watched(
        stack,
        tmp_path,
        world,
        day_s=DAY_S,
        rules=scaled_rules(86_400 // DAY_S),
    ) as running:
        await running.live(DAYS)
        empty = [
            f"{board['uid']}: {panel['title']} {target['refId']}: {target['expr']}"
            for board in map(read, FILES)
            for panel in panels(board)
            for target in panel["targets"]
            if not _has_data(running, target)
        ]
        assert "\n".join(empty) == ""
        assert [name for board in map(read, FILES) for name in _unanswered(running, board)] == []


def _has_data(running: Watched, target: Read) -> bool:
    shown = Shown(running.began, time(), scrape_s=1)
    series = answer(running.server, target, shown)
    values = [at for one in series for at in one.get("values", [one.get("value")])]
    return any(value != "NaN" for _, value in values)


def _unanswered(running: Watched, board: Read) -> Iterator[str]:
    """Yield the variables that find nothing to choose."""
    for name, variable in variables(board).items():
        asked = query_of(variable)
        if variable["type"] != "query":
            continue
        inside = asked.partition("(")[2].rpartition(")")[0]
        if asked.startswith("label_values("):
            expr, _, label = inside.rpartition(", ")
            found = [one["metric"].get(label) for one in _series(running, expr)]
        else:
            found = [one["metric"].get("municipality_name") for one in _series(running, inside)]
        if not any(found):
            yield f"{board['uid']}: ${name}"


def _series(running: Watched, expr: str) -> list[Read]:
    return running.server.ask(Shown(running.began, time(), scrape_s=1).fill(expr))
