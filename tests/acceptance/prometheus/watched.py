"""The whole receiver at work in a made-up country, with faults, scraped by a real Prometheus."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from time import time
from typing import Any, Final

import asyncpg

from kpr_stream.database.access import postgres_dsn
from kpr_stream.database.migrate import migrate
from kpr_stream.demo.processes import DemoProcess
from kpr_stream.settings import Settings
from tests.acceptance.prometheus.server import Server, prometheus
from tests.acceptance.prometheus.world import Trouble, WorldUnit, items_of
from tests.integration.at_work import AtWork, at_work, command_line, wait_until
from tools.prometheus_rules import rule_files

GROUP: Final = "kpr-hst-watched"
MONDAY: Final = "2026-03-02T05:00:00+01:00"
"""Before the first deadline of a week without holidays."""
PAUSE: Final = ("unit", "pause", "--from", "2026-01-01", "--until", "2099-12-31")
COMMANDS_AT_ONCE: Final = 3
LONGEST_DAY_S: Final = 600.0
PROCESSES: Final = 6
BATCH: Final = 40
"""Deliveries that are sent at once."""


@dataclass
class Watched:
    """What runs, and the days that have passed."""

    settings: Settings
    work: AtWork
    server: Server
    units: Sequence[WorldUnit]
    day_s: float
    """Seconds that a day takes."""
    began: float = field(default_factory=time)
    sequences: Counter[str] = field(default_factory=Counter)

    async def live(self, days: int) -> None:
        """Let days pass: every unit sends what it sends on each of them."""
        await self._command(Trouble.NEVER_HEARD, "registry", "agree", "--from", "2026-01-01")
        for day in range(days):
            await self._send_day(day)
            if day == 0:
                await self._command(Trouble.PAUSED, *PAUSE)
            if day == 1:
                await self._command(Trouble.GAP, "unit", "unblock", "--skip-to", "3", "--yes")
            await wait_until(partial(self._over, day), LONGEST_DAY_S)

    def _over(self, day: int) -> bool:
        return time() >= self.began + (day + 1) * self.day_s

    async def _command(self, trouble: Trouble, *words: str) -> None:
        group, name, *more = words
        turn = asyncio.Semaphore(COMMANDS_AT_ONCE)

        async def one(unit: WorldUnit) -> None:
            reason = ("--reason", "A trial of the dashboards")
            async with turn:
                code, _, err = await command_line(
                    self.settings,
                    *(group, name, unit.org_nr, "--system", unit.system, *more, *reason),
                )
            assert code == 0, err

        await asyncio.gather(*(one(unit) for unit in self.units if unit.trouble is trouble))

    async def _send_day(self, day: int) -> None:
        sending = [unit for unit in self.units if _sends(unit, day)]
        for start in range(0, len(sending), BATCH):
            made = [self._delivery(unit, day) for unit in sending[start : start + BATCH]]
            await self.work.receipts.of(*await self.work.vendors.send(*made))

    def _delivery(self, unit: WorldUnit, day: int) -> Any:
        items = items_of(unit, day)
        refused = day == 1 and unit.trouble in (Trouble.BLOCKED, Trouble.GAP)
        self.sequences[unit.org_nr] += 1
        today = date(2026, 3, 2) + timedelta(day)
        more: dict[str, Any] = {"item_count": len(items) + 1} if refused else {}
        return self.work.vendors.delivery(
            items,
            system=unit.system,
            org_nr=unit.org_nr,
            sequence=self.sequences[unit.org_nr],
            municipality_code=unit.municipality,
            software_version=unit.release,
            period_from=unit.since if day == 0 else today,
            period_to=today,
            **more,
        )


def _sends(unit: WorldUnit, day: int) -> bool:
    match unit.trouble:
        case Trouble.NEVER_HEARD:
            return False
        case Trouble.SILENT | Trouble.PAUSED:
            return day == 0
        case Trouble.BLOCKED:
            return day <= 1
        case Trouble.BROKEN_RELEASE:
            return day <= 2
        case _:
            return True


def scaled_rules(scale: int) -> dict[str, str]:
    """Return the files of all rules by name, with every time divided by the scale."""
    return {path.name: text for path, text in rule_files(Path(), scale=scale).items()}


@asynccontextmanager
async def watched(
    settings: Settings,
    folder: Path,
    units: Sequence[WorldUnit],
    *,
    day_s: int,
    rules: Mapping[str, str] | None = None,
) -> AsyncIterator[Watched]:
    """Run two workers, both sinks, the exporter and Prometheus; a day takes ``day_s`` seconds."""
    await _empty_tables(settings)
    clock = f"{MONDAY} x{86_400 // day_s}"
    environment = {
        "KPR_APP_ID": GROUP,
        "KPR_METRICS_PORT": "0",
        "KPR_METRICS_HOST": "127.0.0.1",
        "KPR_TEST_CLOCK": clock,
    }
    async with AsyncExitStack() as ends:
        work = await ends.enter_async_context(
            at_work(settings, folder, group=GROUP, workers=2, **environment)
        )
        for name, arguments in {
            "content-sink": ["sink", "content"],
            "identity-sink": ["sink", "identity"],
            "exporter": ["exporter"],
            "probe": ["probe"],
        }.items():
            child = DemoProcess(name, arguments, settings, folder / f"{name}.log", environment)
            child.start()
            ends.callback(child.stop)
        server = await ends.enter_async_context(
            prometheus(settings.home.absolute(), folder / "prometheus", rules)
        )
        await wait_until(lambda: len(server.ask("kpr_ready == 1")) == PROCESSES)
        yield Watched(settings, work, server, units, day_s)


@asynccontextmanager
async def locked_table(settings: Settings, table: str) -> AsyncIterator[None]:
    """Hold a lock on a table, so that a sink waits for the database."""
    owner = await asyncpg.connect(postgres_dsn(settings, "kpr_owner").get_secret_value())
    try:
        async with owner.transaction():
            await owner.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
            yield
    finally:
        await owner.close()


async def _empty_tables(settings: Settings) -> None:
    owner = await asyncpg.connect(postgres_dsn(settings, "kpr_owner").get_secret_value())
    try:
        schemas = "content, identity, reference, registry, kpr"
        await owner.execute(f"DROP SCHEMA IF EXISTS {schemas} CASCADE")
    finally:
        await owner.close()
    await migrate(settings)
