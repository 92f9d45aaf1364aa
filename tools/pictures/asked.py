"""Give a real Prometheus the made-up days, and keep its answers to all queries."""

from __future__ import annotations

import asyncio
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from time import time
from typing import Any, Final

from tests.acceptance.prometheus.asked import Shown, answer
from tests.acceptance.prometheus.server import Server, prometheus
from tests.integration.at_work import wait_until
from tests.support.promql import metric_names
from tests.unit.grafana.reading import FILES, Read, panels, read
from tools.pictures.days import HOUR, HOURS, MadeUpDays
from tools.prometheus_rules import rule_files

FLAGS: Final = ("--query.lookback-delta=2h", "--storage.tsdb.retention.time=1y")
"""A value is an hour old at most; Prometheus would forget it after five minutes."""
ALERTS: Final = 8
"""So many alerts fire at least: then the rules have been evaluated."""
LOADED_S: Final = 900
CHOSEN: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "kpr-municipality": (("municipality", "1106|1528|1557|1818|1836|1838|3114|3301"),),
    "kpr-system": (("system", "cgm-helsestasjon"),),
}
"""What the reader of a picture has chosen, by dashboard."""

Answered = dict[str, dict[str, dict[str, list[Any]]]]
"""The series of each query, by dashboard, panel and query."""


async def answers() -> Answered:
    """Return what all panels show at the end of the made-up days."""
    with tempfile.TemporaryDirectory() as name:
        folder, now = Path(name), time()
        await asyncio.to_thread(_load, folder, now)
        rules = {path.name: _at_once(text, now) for path, text in rule_files(Path()).items()}
        async with prometheus(folder, folder, rules, flags=FLAGS) as server:
            await wait_until(lambda: len(server.ask('ALERTS{alertstate="firing"}')) >= ALERTS)
            return await asyncio.to_thread(_ask_all, server, now)


def _load(folder: Path, now: float) -> None:
    text = folder / "days.om"
    with text.open("w", encoding="utf-8") as file:
        file.writelines(MadeUpDays(now).hours())
    made = ("promtool", "tsdb", "create-blocks-from", "openmetrics", str(text))
    subprocess.run(  # noqa: S603 - promtool reads what we have just written
        [*made, str(folder / "data")], check=True, stdout=subprocess.DEVNULL, timeout=LOADED_S
    )
    text.unlink()


def _at_once(rules: str, now: float) -> str:
    """Return rules that wait for nothing and judge the end of the days, however late it is."""
    return re.sub(r"for: \w+", "for: 0s", rules).replace("time()", f"{now:.0f}")


def _ask_all(server: Server, now: float) -> Answered:
    found: Answered = {}
    for board in map(read, FILES):
        days = Shown(now - HOURS * HOUR, now, HOUR, CHOSEN.get(board["uid"], ()))
        at_last = replace(days, end=time())
        found[board["uid"]] = {
            str(panel["id"]): {
                target["refId"]: answer(server, target, at_last if _by_rule(target) else days)
                for target in panel["targets"]
            }
            for panel in panels(board)
        }
    return found


def _by_rule(target: Read) -> bool:
    """Return whether a rule makes what a query reads: there is none before the days' end."""
    names = metric_names(target["expr"])
    return not target["range"] and any(one.startswith("ALERTS") or ":" in one for one in names)
