"""A sink waits while its database takes no changes, and resumes by itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from kpr_stream.embedded.credentials import SUPERUSER
from kpr_stream.errors import DatabaseError
from kpr_stream.sinks.batch import write_of
from kpr_stream.sinks.persist import open_patiently, persist
from kpr_stream.sinks.position import step
from kpr_stream.sinks.store import SinkStore
from tests.integration.sinks.conftest import Database
from tests.integration.sinks.taking import START, opened
from tests.integration.sinks.test_store import CONTENT, TABLE, rows
from tests.support.poll import HANGING_S
from tests.support.sink_records import consultation, incoming


async def write_one(store: SinkStore, *, patience_s: float = HANGING_S) -> None:
    """Write one record. The position must be placed."""
    records = [incoming("consultation", 4, consultation(1), number=1)]
    partition = records[0].partition
    writes = [write_of(TABLE, records, {partition: 1})]
    move = step(TABLE.topic, partition, START, 5)
    await persist(store, writes, [move], patience_s=patience_s)


async def placed(store: SinkStore) -> None:
    partition = incoming("consultation", 4, consultation(1), number=1).partition
    await store.place(TABLE.topic, partition, START)


async def logged(caplog: pytest.LogCaptureFixture, text: str, by: asyncio.Task[None]) -> None:
    """Wait for a log line of a task that must not end meanwhile."""
    async with asyncio.timeout(HANGING_S):
        while text not in caplog.text:
            assert not by.done(), by.exception()
            await asyncio.sleep(0.02)


@asynccontextmanager
async def read_only(database: Database) -> AsyncIterator[None]:
    """Take no changes, in open sessions too, for the length of the block."""
    administrator = await database.connect(SUPERUSER)
    try:
        await administrator.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        await administrator.execute("SELECT pg_reload_conf()")
        yield
    finally:
        await administrator.execute("ALTER SYSTEM RESET default_transaction_read_only")
        await administrator.execute("SELECT pg_reload_conf()")
        await administrator.close()


async def until_read_only(database: Database) -> None:
    """Wait until the server has read its settings again."""
    async with asyncio.timeout(HANGING_S):
        while (await database.fetch("content_sink", "SHOW transaction_read_only"))[0][0] != "on":  # noqa: ASYNC110 - a server
            await asyncio.sleep(0.02)


async def test_a_database_that_is_read_only_for_a_while(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with opened(database) as store:
        await placed(store)
        async with read_only(database):
            await until_read_only(database)
            writing = asyncio.create_task(write_one(store))
            await logged(caplog, "SQLSTATE 25006, the server is read-only", writing)
        await writing
    assert [r["source_offset"] for r in await rows(database)] == [4]
    assert "The database is back" in caplog.text


async def test_a_sink_that_starts_on_a_read_only_database(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    store = SinkStore(database.settings, CONTENT)
    async with read_only(database):
        await until_read_only(database)
        opening = asyncio.create_task(open_patiently(store))
        await logged(caplog, "SQLSTATE 25006", opening)
    await opening
    await placed(store)
    await write_one(store)
    await store.close()
    assert len(await rows(database)) == 1


async def test_a_table_that_is_locked_for_a_while(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await database.fetch(SUPERUSER, "ALTER ROLE content_sink SET lock_timeout = '100ms'")
    try:
        async with opened(database) as store:
            await placed(store)
            holder = await database.connect("kpr_owner")
            async with holder.transaction():
                await holder.execute(f"LOCK TABLE {TABLE.full_name}")
                writing = asyncio.create_task(write_one(store))
                await logged(caplog, "SQLSTATE 55P03, a lock was not available in time", writing)
            await holder.close()
            await writing
    finally:
        await database.fetch(SUPERUSER, "ALTER ROLE content_sink RESET lock_timeout")
    assert [r["source_offset"] for r in await rows(database)] == [4]


async def test_patience_ends_with_the_cause(database: Database) -> None:
    async with opened(database) as store:
        await placed(store)
        async with read_only(database):
            await until_read_only(database)
            with pytest.raises(DatabaseError, match="takes no changes from content_sink") as ended:
                await write_one(store, patience_s=0.3)
    assert "SQLSTATE 25006" in ended.value.message
    assert await rows(database) == []


async def test_what_waiting_does_not_change_ends_at_once(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(database) as store:
        await placed(store)
        await database.fetch("kpr_owner", "REVOKE INSERT ON content.consultation FROM content_sink")
        with pytest.raises(DatabaseError, match="does not allow content_sink"):
            await write_one(store)
    assert "trying again" not in caplog.text
