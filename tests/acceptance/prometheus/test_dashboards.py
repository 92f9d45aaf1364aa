"""Every query of every panel, asked of a real Prometheus that scrapes a real stack."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from time import monotonic, time
from typing import Any, Final

import pytest

from kpr_stream.model.words import System
from kpr_stream.settings import Settings
from tests.acceptance.prometheus.alerting import SCRAPE_S
from tests.acceptance.prometheus.asked import (
    QueryPlace,
    Shown,
    answer,
    answers,
    with_all_values,
)
from tests.acceptance.prometheus.server import Server
from tests.acceptance.prometheus.stations import Station, delivering, good_items
from tests.acceptance.prometheus.watched import WHY, Watched, watched
from tests.integration.at_work import units_of_lane
from tests.support.deliveries import consultation
from tests.support.stack import one_stack
from tests.unit.grafana.reading import FILES, Read, defaults, panels, read
from tools.pictures.values import colour_of

GROUP: Final = "kpr-hst-dashboards"
LANE: Final = 4
SYSTEM: Final = System.EG_INFODOC
VENDOR: Final = System.VISMA_HSPRO
"""The system that the dashboard of one system shows at first."""
BAD_VERSION: Final = "2.1"
IN_A_ROW: Final = 10
FILLED_S: Final = 480.0
"""How long the panels may take: a silent unit needs a day of the stack's clock, 30 seconds."""
SECONDS: Final = {"h": 3_600, "d": 86_400}
OF_THE_MACHINE: Final = {"ReceiptsSlow", "RowsLate", "DiskFills"}
"""Alerts about how fast this machine is, and how full its disk: they may fire on a healthy day."""

WRONG_NOW: Final = "What is wrong now?"
NO_ALERT: Final = "No alert fires."
NO_SILENCE: Final = "No unit is past its deadline."
NO_BLOCK: Final = "No unit is blocked."
NO_GAP: Final = "No unit was let skip a delivery."
NO_REJECTED: Final = "No item is rejected."
NO_FINDING: Final = "No rule has found anything of this severity."
NO_REFUSAL: Final = "No delivery is refused."
RUNS_EMPTY: Final = "Every unit has had content on its last working day."
NO_STOP: Final = "No release is stopped."

EMPTY_WHEN_HEALTHY: Final[Mapping[QueryPlace, str]] = {
    ("kpr-nation", WRONG_NOW, "A"): NO_ALERT,
    ("kpr-nation", WRONG_NOW, "B"): NO_ALERT,
    ("kpr-nation", "Which municipalities have waited longest?", "C"): NO_SILENCE,
    ("kpr-nation", "Which municipalities have waited longest?", "D"): NO_BLOCK,
    ("kpr-municipality", WRONG_NOW, "A"): NO_ALERT,
    ("kpr-municipality", WRONG_NOW, "B"): NO_ALERT,
    ("kpr-municipality", "How is each unit?", "D"): NO_BLOCK,
    ("kpr-municipality", "How is each unit?", "E"): NO_GAP,
    ("kpr-system", "How does each release do?", "E"): NO_STOP,
    ("kpr-system", "Why are deliveries refused?", "A"): NO_REFUSAL,
    ("kpr-quality", "How old is the quarantine?", "A"): NO_REJECTED,
    ("kpr-quality", "Which rules find most?", "A"): NO_FINDING,
    ("kpr-quality", "Which rules find most?", "B"): NO_FINDING,
    ("kpr-quality", "Which rules find most?", "C"): NO_FINDING,
    ("kpr-quality", "Why are deliveries refused?", "A"): NO_REFUSAL,
    ("kpr-quality", "Which units must send something again?", "A"): NO_REJECTED,
    ("kpr-quality", "Which units must send something again?", "B"): NO_GAP,
    ("kpr-quality", "Which units must send something again?", "C"): RUNS_EMPTY,
}
"""Queries without an answer on a day on which nothing is wrong, and why."""


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Settings]:
    """An embedded stack of its own."""
    with one_stack(tmp_path / "home") as settings:
        yield settings


async def test_every_query_has_data_but_for_troubles_that_are_not_there(
    stack: Settings, tmp_path: Path
) -> None:
    ours, theirs, bad, blocked, silent, empty, expected = units_of_lane(LANE, 7)
    async with (
        watched(
            stack,
            tmp_path,
            group=GROUP,
            contact_of=silent,
            KPR_RELEASE_MAX_CONSECUTIVE=str(IN_A_ROW),
        ) as watching,
        AsyncExitStack() as ends,
    ):
        for station in (Station(ours, SYSTEM), Station(theirs, VENDOR)):
            await ends.enter_async_context(delivering(watching.work, station, good_items))
        assert await settled(watching.server, EMPTY_WHEN_HEALTHY) == set(EMPTY_WHEN_HEALTHY)
        the_last_hello_is_green(watching.server)

        await ends.enter_async_context(delivering(watching.work, Station(empty, SYSTEM)))
        await Station(silent, SYSTEM).deliver(watching.work, consultation(1))
        await watching.command(
            *("registry", "agree", expected, "--system", SYSTEM, "--from", "2026-01-01", *WHY)
        )
        await a_release_is_stopped(watching, Station(bad, VENDOR, BAD_VERSION))
        await a_unit_skips_and_is_blocked(watching, Station(blocked, SYSTEM))
        assert await settled(watching.server, {}) == set()


async def a_release_is_stopped(watching: Watched, station: Station) -> None:
    """It rejects, sets aside and warns before."""
    found = await station.deliver(
        watching.work,
        consultation(1, weight_g=0),
        consultation(2, length_mm=760),
    )
    assert found["counts"]["accepted"] == 2
    rejected = [consultation(n, consultation_id=f"x-{n}", start=None) for n in range(IN_A_ROW)]
    found = await station.deliver(watching.work, *rejected)
    assert found["counts"]["rejected"] == IN_A_ROW
    assert (await station.deliver(watching.work))["reason"] == "RELEASE_STOPPED"


async def a_unit_skips_and_is_blocked(watching: Watched, station: Station) -> None:
    refused = await station.deliver(watching.work, item_count=7)
    assert refused["status"] == "refused"
    skipped = ("--system", station.system, "--skip-to", "3", "--yes", *WHY)
    await watching.command("unit", "unblock", station.org_nr, *skipped)
    station.sequence = 3
    refused = await station.deliver(watching.work, item_count=7)
    assert refused["status"] == "refused"


async def settled(server: Server, wanted: Mapping[QueryPlace, str]) -> set[QueryPlace]:
    """Ask until just the wanted queries are empty; return those that are empty at the end."""
    limit = monotonic() + FILLED_S
    while True:
        found = await asyncio.to_thread(empty_queries, server)
        if found == set(wanted) or monotonic() > limit:
            return found
        await asyncio.sleep(SCRAPE_S)  # before the next scrape the answers are the same


def empty_queries(server: Server) -> set[QueryPlace]:
    """Ask all panels as a reader does who has chosen everything, and see which have nothing."""
    found: set[QueryPlace] = set()
    for board in map(read, FILES):
        chosen, without = with_all_values(server, board, shown(board))
        found |= {(board["uid"], f"${name}", "") for name in without}
        found |= {
            place
            for place, series in answers(server, board, chosen)
            if not any(map(_has_data, series))
        }
    return found


def shown(board: Read) -> Shown:
    """Return the time that a dashboard shows at first."""
    back = board["time"]["from"].removeprefix("now-")
    now = time()
    return Shown(now - int(back[:-1]) * SECONDS[back[-1]], now, SCRAPE_S)


def the_last_hello_is_green(server: Server) -> None:
    (board,) = (one for one in map(read, FILES) if one["uid"] == "kpr-pipeline")
    (panel,) = (one for one in panels(board) if one["title"] == "How old is the last hello?")
    (series,) = answer(server, panel["targets"][0], shown(board))
    steps = defaults(panel)["thresholds"]["steps"]
    assert colour_of(float(series["value"][1]), steps) == steps[0]["color"]


def _has_data(series: Mapping[str, Any]) -> bool:
    if series["metric"].get("alertname") in OF_THE_MACHINE:
        return False
    points = series["values"] if "values" in series else [series["value"]]
    return not all(math.isnan(float(value)) for _, value in points)
