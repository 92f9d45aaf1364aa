"""A nation of some municipalities in the database, refreshed in three parts."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from kpr_stream.database.access import postgres_dsn
from kpr_stream.settings import Settings
from kpr_stream.simulate.nation.generate import Plan, generate
from tests.end_to_end import without_broker
from tests.integration.analytics.fill import exclusions_of, fill, load, refreshed
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
        self.analyst = Analyst(self.nation, as_of)

    async def _fill(self) -> None:
        await empty_database(self.settings)
        await load(self.settings)
        for part in range(PARTS):
            await fill(self.settings, self.receiver, part, PARTS)
            excluded = exclusions_of(self.out) if part else None
            await asyncio.to_thread(refreshed, self.settings, self.as_of, exclusions=excluded)

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
