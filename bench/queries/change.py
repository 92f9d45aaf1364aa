"""Measure a refresh after a change: its cost must follow the change, not the history."""

from __future__ import annotations

from time import perf_counter
from typing import Any, Final

import asyncpg

from bench.queries.ask import BIG_PAGES
from bench.queries.fill import HERE, LAST
from kpr_stream.analytics.refresh import refresh
from kpr_stream.database.connect import session
from kpr_stream.reference import Reference
from kpr_stream.settings import Settings

CHANGES: Final = (0, 1_000, 10_000)
"""Consultations of the last weeks that are corrected before a refresh. The first refresh finds
nothing: it shows what every refresh costs."""
_READ: Final = """
SELECT s.relid::regclass::text AS name, s.seq_tup_read AS scanned, c.relpages AS size,
    c.reltuples AS rows,
    coalesce(i.heap_blks_read + i.heap_blks_hit, 0) + coalesce(i.idx_blks_read + i.idx_blks_hit, 0)
        AS pages
FROM pg_stat_user_tables s
JOIN pg_statio_user_tables i USING (relid)
JOIN pg_class c ON c.oid = s.relid
"""


async def measure_refreshes(settings: Settings, reference: Reference) -> dict[str, Any]:
    """Return what a refresh costs, by the number of changed consultations."""
    found = {}
    for number in CHANGES:
        found[str(number)] = await measure_refresh(settings, reference, number)
        print(f"{number:,} changed: {found[str(number)]}", flush=True)
    return found


async def measure_refresh(
    settings: Settings, reference: Reference, number: int, big_pages: int = BIG_PAGES
) -> dict[str, Any]:
    """Correct ``number`` consultations and return what the refresh after it costs.

    ``seconds``; ``pages`` of 8 kB that were looked at, in memory or not; ``whole``: the tables of
    more than ``big_pages`` that were read from their beginning to their end.
    """
    async with session(settings, "kpr_owner") as owner:
        if number:
            change = (HERE / "4_change.sql").read_text("utf-8")
            await owner.execute(change.format(number=number, last=LAST))
    before = await _read(settings)
    began = perf_counter()
    done = await refresh(settings, reference, as_of=LAST)
    taken = perf_counter() - began
    after = await _read(settings)
    return {
        "seconds": round(taken, 2),
        "consultations": done.consultations,
        "persons": done.persons,
        "pages": sum(one["pages"] - before[name]["pages"] for name, one in after.items()),
        "whole": sorted(
            name
            for name, one in after.items()
            if one["size"] > big_pages and one["scanned"] - before[name]["scanned"] >= one["rows"]
        ),
    }


async def _read(settings: Settings) -> dict[str, asyncpg.Record]:
    """Return what has been read of each table since the server began to count.

    A session of its own: the counts of another one are complete when it has ended.
    """
    async with session(settings, "kpr_owner") as owner:
        return {row["name"]: row for row in await owner.fetch(_READ)}
