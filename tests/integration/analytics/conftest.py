"""A nation of some municipalities in the database, refreshed in three parts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from kpr_stream.database.access import postgres_dsn
from kpr_stream.settings import Settings
from kpr_stream.simulate.nation.generate import Plan, generate
from tests.end_to_end import without_broker
from tests.integration.analytics.deliveries import Lost
from tests.integration.analytics.fill import fill, fill_rights, load, refreshed
from tests.integration.analytics.people import read_nation
from tests.integration.analytics.truth import Analyst
from tests.integration.sinks.conftest import database, empty_database
from tests.support.receiver import keys

__all__ = ["database"]
PARTS = 3
SMALL = Plan(
    seed=5,
    municipalities=("1554", "4227", "1573"),
    first=date(2019, 4, 1),
    last=date(2020, 12, 31),
)
"""Some 15,000 items. Children move between the first two; the second has a reform in 2020, and
the third changes its EPJ."""
AS_OF = date(2020, 10, 1)
LOST: Lost = frozenset(
    {
        ("visma-hspro", "800011442", date(2019, 11, 1)),
        ("helseplattformen", "800012325", date(2020, 9, 1)),
        ("visma-hspro", "800012325", date(2020, 1, 1)),
    }
)
"""Deliveries whose receipts are left out, though their contacts are there. The last one's month is
reported by the unit's other system."""


class FilledDatabase:
    """A database that holds a nation, and what an analyst should find in it."""

    def __init__(self, settings: Settings, out: Path, plan: Plan, as_of: date) -> None:
        self.settings, self.out, self.as_of = settings, out, as_of
        generate(plan, out)
        self.receiver = without_broker.received(out)
        asyncio.run(self._fill())
        self.nation = read_nation(out)
        for row in self.nation.consultations:
            key = keys().pseudonyms.consultation_key
            row["key"] = UUID(bytes=key(row["org_nr"], row["system"], row["local_id"]))
            row["order"] = row["key"].int
        self.analyst = Analyst(self.nation, as_of, out, LOST)

    @staticmethod
    def _is_lost(delivery: Mapping[str, Any]) -> bool:
        if delivery.get("message_type") != "consultation":
            return False
        first = date.fromisoformat(delivery["period_from"])
        return (delivery["system"], delivery["org_nr"], first) in LOST

    async def _fill(self) -> None:
        await empty_database(self.settings)
        await load(self.settings)
        for part in range(PARTS):
            await fill(self.settings, self.receiver, part, PARTS, lost=self._is_lost)
            if part == 1:
                await fill_rights(self.settings, self.out)
            await asyncio.to_thread(refreshed, self.settings, self.as_of)

    def rows(self, sql: str, role: str = "analyst") -> list[asyncpg.Record]:
        """Rows as a role sees them."""

        async def fetch() -> list[asyncpg.Record]:
            dsn = postgres_dsn(self.settings, role).get_secret_value()
            connection = await asyncpg.connect(dsn)
            try:
                return list(await connection.fetch(sql))
            finally:
                await connection.close()

        return asyncio.run(fetch())


@pytest.fixture(scope="module")
def filled(stack: Settings, tmp_path_factory: pytest.TempPathFactory) -> FilledDatabase:
    """The small nation."""
    return FilledDatabase(stack, tmp_path_factory.mktemp("nation") / "out", SMALL, AS_OF)
