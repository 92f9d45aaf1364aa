"""Read a sink's topics again from their beginning, and say what only the database still has."""

from __future__ import annotations

from dataclasses import dataclass

from kpr_stream.database.connect import session
from kpr_stream.settings import Settings
from kpr_stream.sinks import statements
from kpr_stream.sinks.run import run_sink
from kpr_stream.sinks.service import SinkTotals
from kpr_stream.sinks.tables import SinkKind, sink


@dataclass(frozen=True, slots=True)
class KeptVersions:
    """The versions of one table, and how many of them the topic has no more."""

    table: str
    versions: int
    unverified: int


async def rebuild_sink(
    settings: Settings, kind: SinkKind
) -> tuple[SinkTotals, tuple[KeptVersions, ...]]:
    """Read every partition again to its present end; return what was done, and the histories.

    Rows stay readable meanwhile. A version that the topic has compacted stays and cannot be
    verified; one of a key that the topic no longer has is deleted: the key was erased.
    """
    totals = await run_sink(settings, kind, until_caught_up=True, rebuild=True)
    found = sink(kind)
    async with session(settings, found.database_role) as connection:
        kept = [
            KeptVersions(table.version_name, row["versions"], row["unverified"])
            for table in found.tables
            if table.history
            and (row := await connection.fetchrow(statements.unverified_versions(table)))
        ]
    return totals, tuple(kept)
