"""The frames of a report from the views of the database, read as the role ``analyst``.

The query of each frame is the file of its name in ``queries/``, or several that begin with it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any, Final

import polars as pl

from kpr_stream.analytics.report.frames import SCHEMAS, NationFrames
from kpr_stream.database.connect import session
from kpr_stream.settings import Settings

ROLE: Final = "analyst"


@dataclass(frozen=True)
class DatabaseData:
    """The frames of a day, from the schemas ``analytics``, ``reporting`` and ``reference``."""

    settings: Settings
    made_on: date

    def read(self) -> NationFrames:
        """Return the frames. DatabaseError if the server, the role or a view is missing."""
        return asyncio.run(self._read())

    async def _read(self) -> NationFrames:
        frames = {}
        async with session(self.settings, ROLE) as connection, connection.transaction():
            for name, schema in SCHEMAS.items():
                rows: list[tuple[Any, ...]] = []
                for query in queries_of(name):
                    values = (self.made_on,) if "$1::" in query else ()
                    rows += (tuple(row) for row in await connection.fetch(query, *values))
                frames[name] = pl.DataFrame(rows, schema=schema, orient="row")
        return NationFrames(made_on=self.made_on, **frames)


def queries_of(frame: str) -> list[str]:
    """Return the queries whose rows a frame holds, in the order of their files' names."""
    folder = files("kpr_stream.analytics.report") / "queries"
    found = {
        path.name: path.read_text("utf-8")
        for path in folder.iterdir()
        if path.name == f"{frame}.sql" or path.name.startswith(f"{frame}_")
    }
    return [found[name] for name in sorted(found)]
