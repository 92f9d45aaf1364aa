"""Swap the new tables for the live ones, in one transaction.

Writers wait from the first lock on, readers only while the tables change their schema: some
milliseconds. Views and functions that read the tables are made again, since PostgreSQL binds them
to a table and not to its name.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg

from kpr_stream.database.locks import REFRESH_LOCK
from kpr_stream.errors import DatabaseError
from kpr_stream.sinks.rebuild.carry import RemovedRows, carry, count_dropped, remove_absent
from kpr_stream.sinks.rebuild.objects import dependents, left_behind, protection
from kpr_stream.sinks.rebuild.target import (
    beside,
    live_names,
    live_tables,
    names_in,
    new_schema,
    old_schema,
)
from kpr_stream.sinks.store import read_positions
from kpr_stream.sinks.tables import Sink

SWAP_PATIENCE_S: Final = 600.0
"""How long a swap tries to get the tables. A refresh of the views or a reader's long statement ends
within this time; after it the rebuild ends with an error, and the next one resumes here."""
WRITER_WAIT: Final = "120s"
"""How long the swap waits for the sink's present batch, which takes seconds at most."""
READER_WAIT: Final = "900ms"
"""How long the swap waits for readers each time; readers that come later wait behind it. Shorter
than ``deadlock_timeout`` (1 s), so that the server never ends a reader's statement for it."""
PAUSE_S: Final = 2.0
"""Pause between two tries, in which waiting readers are served."""
_APPLY_RIGHTS: Final = """
WITH persons AS (SELECT array_agg(person_key) AS keys FROM rights.person)
SELECT rights.redact_consultations(keys), rights.erase_versions(keys) FROM persons
"""
"""Triggers apply the rights of persons to versions that are stored. The new tables had none while
they were filled; this is the same for all persons at once."""
KEPT: Final = "Kept on request by a rebuild."
"""Comment of the schema of old tables that an operator wants to keep."""


async def swap(
    connection: asyncpg.Connection,
    found: Sink,
    catch_up: Callable[[], Awaitable[object]],
    *,
    keep: bool,
    patience_s: float = SWAP_PATIENCE_S,
) -> tuple[list[RemovedRows], dict[str, int]]:
    """Replace the live tables; return the rows that are gone, and the versions by table.

    ``catch_up`` reads what the topics have got meanwhile. The old tables stay in a schema of their
    own. DatabaseError if the tables cannot be had within the patience; nothing is changed then.
    """
    new, old = new_schema(found), old_schema(found)
    names = live_names(found)
    deadline = time.monotonic() + patience_s
    async with connection.transaction():
        await _lock_out_refresh(connection, deadline)
        await connection.execute(f"SET LOCAL lock_timeout = '{WRITER_WAIT}'")
        await connection.execute(f"LOCK TABLE {', '.join(names)} IN SHARE ROW EXCLUSIVE MODE")
        await _require_epochs(connection, found)
        if not await _has_caught_up(connection, found):
            await catch_up()
        await carry(connection, found)
        removed = await remove_absent(connection, found)
        dropped = {
            table.version_name: await count_dropped(connection, table, other)
            for table, other in zip(found.tables, beside(found).tables, strict=True)
            if table.history
        }
        remade = await dependents(connection, names)
        protected = await protection(connection, names)
        await _lock_out_readers(connection, names, deadline)
        await connection.execute(f"CREATE SCHEMA {old}")
        if keep:
            await connection.execute(f"COMMENT ON SCHEMA {old} IS '{KEPT}'")
        for name, live in live_tables(found).items():
            await connection.execute(f"ALTER TABLE {live}.{name} SET SCHEMA {old}")
            await connection.execute(f"ALTER TABLE {new}.{name} SET SCHEMA {live}")
        for statement in (*protected, *remade):
            await connection.execute(statement)
        await connection.execute(_APPLY_RIGHTS)
        await _require_all_moved(connection, names_in(old, found))
        await connection.execute(f"DROP TABLE {new}.made_by; DROP SCHEMA {new}")
    return removed, dropped


async def drop_old(connection: asyncpg.Connection, found: Sink) -> None:
    """Drop the tables that a swap has moved away, unless they are kept on request."""
    old = old_schema(found)
    if await is_kept(connection, found) is not False:
        return
    names = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = $1", old)
    if names:
        # Without CASCADE: what still reads an old table is an error, and must not vanish with it.
        tables = ", ".join(f"{old}.{row['tablename']}" for row in names)
        await connection.execute(f"DROP TABLE {tables}")
    await connection.execute(f"DROP SCHEMA {old}")


async def is_kept(connection: asyncpg.Connection, found: Sink) -> bool | None:
    """Return whether old tables are kept on request; None if there are none."""
    comment = await connection.fetchrow(
        "SELECT obj_description(oid, 'pg_namespace') AS text FROM pg_namespace WHERE nspname = $1",
        old_schema(found),
    )
    return None if comment is None else comment["text"] == KEPT


async def _lock_out_refresh(connection: asyncpg.Connection, deadline: float) -> None:
    # A refresh that has begun would see the new tables as they were at its own beginning.
    while not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", REFRESH_LOCK):
        await _pause(deadline, "`kpr-stream analytics refresh` is running")


async def _lock_out_readers(
    connection: asyncpg.Connection, names: list[str], deadline: float
) -> None:
    await connection.execute(f"SET LOCAL lock_timeout = '{READER_WAIT}'")
    while True:
        try:
            async with connection.transaction():
                await connection.execute(f"LOCK TABLE {', '.join(names)}")
        except asyncpg.LockNotAvailableError:
            await _pause(deadline, "another session reads them")
        else:
            return


async def _pause(deadline: float, why: str) -> None:
    if time.monotonic() > deadline:
        raise DatabaseError(
            f"The rebuilt tables cannot replace the live ones: {why}.",
            what_to_do="Wait until that has ended, and give the same command again: it resumes "
            "with what is rebuilt.",
        )
    await asyncio.sleep(PAUSE_S)


async def _require_epochs(connection: asyncpg.Connection, found: Sink) -> None:
    new = await read_positions(connection, new_schema(found))
    for (topic, partition), live in (await read_positions(connection, found.db_schema)).items():
        made = new.get((topic, partition))
        if made is not None and (made.epoch <= live.epoch or made.topic_id != live.topic_id):
            raise DatabaseError(
                f"{topic}, partition {partition}: the live sink has begun to read it again "
                "meanwhile.",
                what_to_do="Give the same command again: it begins a new rebuild.",
            )


async def _has_caught_up(connection: asyncpg.Connection, found: Sink) -> bool:
    new = await read_positions(connection, new_schema(found))
    live = await read_positions(connection, found.db_schema)
    return all(
        (made := new.get(place)) is not None and made.next_offset >= position.next_offset
        for place, position in live.items()
    )


async def _require_all_moved(connection: asyncpg.Connection, old_names: list[str]) -> None:
    found = await left_behind(connection, old_names)
    if found:
        raise DatabaseError(
            f"After the swap this would still read the old tables: {found[0]}.",
            what_to_do="Drop it, rebuild, and make it again.",
        )
