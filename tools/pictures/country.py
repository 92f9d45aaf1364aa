"""Run the receiver with a whole country of units, and keep the answers to all queries."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path
from time import time
from typing import Any, Final

from kpr_stream.exporter.run import places_of
from tests.acceptance.prometheus.asked import Shown, answer
from tests.acceptance.prometheus.watched import Watched, locked_table, scaled_rules, watched
from tests.acceptance.prometheus.world import make_world
from tests.support.stack import one_stack
from tests.unit.grafana.reading import FILES, panels, read

UNITS: Final = 480
TROUBLED: Final = 42
DAY_S: Final = 45
"""A day takes 45 seconds: the working week of the pictures takes four minutes."""
DAYS: Final = 5
KILLED_AFTER_S: Final = 75.0
LOCKED_AFTER_S: Final = 130.0
LOCKED_S: Final = 35.0
CHOSEN: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "kpr-municipality": (("municipality", "5001|0301|4601|1103"),),
    "kpr-system": (("system", "cgm-helsestasjon"),),
}
"""What the reader of a picture has chosen, by dashboard."""

Answered = dict[str, dict[str, dict[str, list[Any]]]]
"""The series of each query, by dashboard, panel and query."""


async def answers_of_a_country() -> Answered:
    """Let a working week pass in every municipality; return what all panels show at its end."""
    places = [(code, place.county) for code, place in sorted(places_of().items())]
    world = make_world(places, units=UNITS, troubled=TROUBLED)
    with tempfile.TemporaryDirectory() as folder, one_stack(Path(folder) / "home") as settings:
        at = Path(folder) / "watched"
        at.mkdir()
        async with watched(
            settings, at, world, day_s=DAY_S, rules=scaled_rules(86_400 // DAY_S)
        ) as running:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(running.live(DAYS))
                tasks.create_task(_kill_a_worker(running))
                tasks.create_task(_lock_a_table(running))
            return await asyncio.to_thread(_ask_all, running)


async def _kill_a_worker(running: Watched) -> None:
    await asyncio.sleep(KILLED_AFTER_S)
    running.work.workers[0].process.kill()


async def _lock_a_table(running: Watched) -> None:
    await asyncio.sleep(LOCKED_AFTER_S)
    async with locked_table(running.settings, "content.consultation"):
        await asyncio.sleep(LOCKED_S)


def _ask_all(running: Watched) -> Answered:
    found: Answered = {}
    for board in map(read, FILES):
        shown = Shown(running.began, time(), 1.0, CHOSEN.get(board["uid"], ()))
        found[board["uid"]] = {
            str(panel["id"]): {
                target["refId"]: answer(running.server, target, shown)
                for target in panel["targets"]
            }
            for panel in panels(board)
        }
    return found
