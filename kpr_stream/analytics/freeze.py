"""Make, list and drop freezes, as the role ``analyst`` (migration 0024, docs/adr/0190)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import asyncpg

from kpr_stream.analytics.purpose import Purpose
from kpr_stream.database.connect import session
from kpr_stream.errors import ConfigurationError, UsageError
from kpr_stream.settings import Settings

ROLE: Final = "analyst"
NAME: Final = re.compile(r"(?!.*[0-9]{7})[a-z][a-z0-9-]{0,39}")
"""Names that no person's number fits into; the table has the same rule."""
WAIT_S: Final = 900
"""A freeze waits while a refresh runs, which takes minutes for the nation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """A named instant of the schema ``analytics``, and what privacy has taken out since."""

    name: str
    login: str
    purpose: str
    created_at: datetime
    as_of: date
    refreshed_at: datetime
    reference_version: str
    consultations: int
    appointments: int
    consultations_erased: int
    appointments_erased: int
    consultations_with_withdrawn_measures: int


def require_name(name: str) -> str:
    """Return a name of a freeze. UsageError if it is not one."""
    if not NAME.fullmatch(name):
        raise UsageError(
            "The name of a freeze has 1 to 40 lower-case letters, digits and hyphens, begins with "
            "a letter, and has no seven digits in a row.",
            what_to_do="For example: kpr-stream freeze create annual-2026 --purpose …",
        )
    return name


async def create_freeze(settings: Settings, name: str, purpose: Purpose) -> int:
    """Make a freeze of the rows as they are, and return their number.

    UsageError if the name is taken or there are too many freezes; ConfigurationError before the
    first refresh.
    """
    require_name(name)
    async with session(settings, ROLE) as connection:
        await connection.execute(f"SET statement_timeout = '{WAIT_S}s'")
        try:
            rows: int = await connection.fetchval(
                "SELECT analytics.create_freeze($1, $2)", name, purpose.text
            )
        except asyncpg.UniqueViolationError:
            raise UsageError(
                f"There is a freeze {name} already.",
                what_to_do="Choose another name, or drop it first: `kpr-stream freeze list`.",
            ) from None
        except asyncpg.ConfigurationLimitExceededError:
            raise UsageError(
                "There are as many freezes as there may be.",
                what_to_do="Drop those that nobody needs: `kpr-stream freeze list`.",
            ) from None
        except asyncpg.ObjectNotInPrerequisiteStateError:
            raise ConfigurationError(
                "The schema analytics has never been refreshed: there is nothing to freeze.",
                what_to_do="Have the operator run `kpr-stream analytics refresh`.",
            ) from None
    return rows


async def list_freezes(settings: Settings) -> list[Freeze]:
    """Return all freezes, the oldest first."""
    async with session(settings, ROLE) as connection:
        rows = await connection.fetch(
            "SELECT * FROM analytics.freeze_list ORDER BY created_at, name"
        )
    return [Freeze(**row) for row in rows]


async def drop_freeze(settings: Settings, name: str) -> None:
    """Drop a freeze and the rows that only this freeze has.

    UsageError if this login has no freeze of the name.
    """
    require_name(name)
    async with session(settings, ROLE) as connection:
        await connection.execute(f"SET statement_timeout = '{WAIT_S}s'")
        dropped = await connection.fetchval("SELECT analytics.drop_freeze($1)", name)
    if not dropped:
        raise UsageError(
            f"This login has no freeze {name}.",
            what_to_do="See `kpr-stream freeze list`. An operator may drop the freezes of others.",
        )
