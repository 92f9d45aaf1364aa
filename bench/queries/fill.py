"""Fill the database with a made-up nation, with SQL of its own and the steps of a refresh.

Rows of the sinks are written by SQL; the sinks would need hours. What a refresh computes outside
the database (groups of linked persons, z-scores, steps) is written by SQL too, so that the counts
are made by the refresh's own statements.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import asyncpg

from kpr_stream.analytics.derive import rows_digest
from kpr_stream.analytics.refresh import judge_reports, note_refresh, run_step
from kpr_stream.database.connect import session
from kpr_stream.database.load_reference import load_into_database
from kpr_stream.database.migrate import OWNER, SCHEMAS, migrate
from kpr_stream.embedded.credentials import SUPERUSER
from kpr_stream.reference import Reference
from kpr_stream.settings import Settings

HERE: Final = Path(__file__).parent
LAST: Final = date(2026, 6, 30)
"""The last day with a visit, and the day that counts as today."""
BULK: Final = (
    *("content.consultation", "content.consultation_version", "content.delivery"),
    *("content.delivery_finding", "analytics.consultation_row"),
)
"""Tables whose secondary indexes are made after they are filled."""


_UNSAFE: Final = ("fsync = off", "full_page_writes = off", "checkpoint_timeout = '60min'")
"""Settings while the database is filled: nothing of it must survive a crash."""


async def fill_quickly(
    settings: Settings, reference: Reference, total: int, nation: int
) -> dict[str, float]:
    """Fill the database, without the guarantees that a crash could need."""
    async with session(settings, SUPERUSER, unmarked=True) as administrator:
        for setting in _UNSAFE:
            await administrator.execute(f"ALTER SYSTEM SET {setting}")
        await administrator.execute("SELECT pg_reload_conf()")
        taken = await fill(settings, reference, total, nation)
        await administrator.execute("ALTER SYSTEM RESET ALL")
        await administrator.execute("SELECT pg_reload_conf()")
        await administrator.execute("CHECKPOINT")
    return taken


async def fill(
    settings: Settings, reference: Reference, total: int, nation: int
) -> dict[str, float]:
    """Fill an empty database; return the seconds of each part.

    ``nation`` consultations are those of some nine years; the ``total`` newest are kept.
    """
    taken: dict[str, float] = {}
    async with session(settings, OWNER, unmarked=True) as connection:
        await connection.execute(f"DROP SCHEMA IF EXISTS bench, {', '.join(SCHEMAS)} CASCADE")
    await migrate(settings)
    await load_into_database(settings, reference)
    async with session(settings, OWNER) as connection:
        await connection.execute("SET synchronous_commit = off; SET maintenance_work_mem = '512MB'")
        # Without parallel workers, so that rows lie in the order of their days.
        await connection.execute("SET work_mem = '256MB'; SET max_parallel_workers_per_gather = 0")
        indexes = await _without_indexes(connection)
        for name in ("1_people", "2_content", "3_persons"):
            text = (HERE / f"{name}.sql").read_text("utf-8")
            filled = text.format(total=total, nation=nation, last=LAST)
            await _timed(taken, name, connection.execute(filled))
        await _timed(taken, "indexes", connection.execute("; ".join(indexes)))
        await connection.execute(f"ANALYZE {', '.join(BULK)}")
        await _count(connection, reference, taken)
        await _timed(taken, "vacuum", connection.execute(f"VACUUM (ANALYZE) {', '.join(BULK)}"))
    return taken


async def _without_indexes(connection: asyncpg.Connection) -> list[str]:
    """Drop indexes and primary keys of the large tables; return how they are made again."""
    keys = await connection.fetch(
        "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS gone, "
        "format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, "
        "pg_get_constraintdef(oid)) AS made "
        "FROM pg_constraint WHERE conrelid = ANY($1::regclass[]) AND contype = 'p'",
        list(BULK),
    )
    others = await connection.fetch(
        "SELECT format('DROP INDEX %s', indexrelid::regclass) AS gone, "
        "pg_get_indexdef(indexrelid) AS made "
        "FROM pg_index WHERE indrelid = ANY($1::regclass[]) AND NOT indisunique",
        list(BULK),
    )
    for row in (*keys, *others):
        await connection.execute(row["gone"])
    return [row["made"] for row in (*keys, *others)]


async def _count(
    connection: asyncpg.Connection, reference: Reference, taken: dict[str, float]
) -> None:
    async with connection.transaction():
        await connection.execute("SELECT set_config('kpr.sign', '1', true)")
        await run_step(connection, "0_note_before")
        for step in ("4_replace_rows", "contribute", "5_count"):
            await _timed(taken, step, run_step(connection, step))
        await judge_reports(connection, LAST)
        await note_refresh(connection, LAST, rows_digest(reference), reference.version)
        await _timed(taken, "7_sum_years", run_step(connection, "7_sum_years"))


async def _timed(taken: dict[str, float], name: str, work: Any) -> None:  # noqa: ANN401 - any awaitable
    began = perf_counter()
    await work
    taken[name] = round(perf_counter() - began, 1)
    print(f"{name}: {taken[name]} s", flush=True)
