"""A database that an earlier release filled is migrated and written on."""

from __future__ import annotations

import json

import pytest

from kpr_stream.database.migrate import SCHEMAS, migrate, shipped
from kpr_stream.operate.units.contacts import contacts_of
from kpr_stream.operate.units.successions import find_double_reports
from kpr_stream.schemas import wire
from kpr_stream.sinks.tables import SinkKind, sink
from tests.integration.sinks.conftest import Database
from tests.support import stored
from tests.support.sink_records import Incoming, consultation, key_of
from tests.support.stored_database import mirror, restore, rows_of_every_table, sink_store

TABLE = sink(SinkKind.CONTENT).tables[0]
APPLIED = 5
"""Migrations that the earlier release had."""


@pytest.fixture
async def old(database: Database) -> Database:
    """The database as the earlier release left it."""
    await database.fetch("kpr_owner", f"DROP SCHEMA {', '.join(SCHEMAS)} CASCADE")
    restore(database.settings, stored.DUMP)
    return database


async def test_it_is_migrated_and_every_row_is_there(old: Database) -> None:
    expected = json.loads(stored.ROWS.read_text("utf-8"))
    assert all(table["rows"] for table in expected.values())
    assert await migrate(old.settings) == [m.name for m in shipped()[APPLIED:]]
    found = await rows_of_every_table(old.settings, expected)
    # Later migrations are noted there, too.
    assert found.pop("kpr.migration")["rows"] == len(shipped())
    assert found == {name: told for name, told in expected.items() if name != "kpr.migration"}


async def test_the_sink_writes_on_from_its_position(old: Database) -> None:
    await migrate(old.settings)
    count = "SELECT count(*) AS rows FROM content.consultation"
    (before,) = await old.fetch("content_sink", count)
    (known,) = await old.fetch(
        "content_sink",
        "SELECT consultation_key FROM content.consultation WHERE status = 'live' LIMIT 1",
    )
    key = known["consultation_key"]
    async with sink_store(old.settings, SinkKind.CONTENT) as store:
        position = (await store.positions())[TABLE.topic, stored.LANE]
        records = [
            Incoming(
                stored.LANE,
                position.next_offset + n,
                one.bytes,
                wire.encode(
                    "consultation", consultation(1, consultation_key=one.hex, weight_g=4321)
                ),
            )
            for n, one in enumerate((key, key_of(1)))
        ]
        await mirror(store, SinkKind.CONTENT, TABLE.topic, records, position)
        after = (await store.positions())[TABLE.topic, stored.LANE]
    assert after.next_offset == position.next_offset + 2
    (now,) = await old.fetch("content_sink", count)
    assert now["rows"] == before["rows"] + 1
    changed = await old.fetch(
        "content_sink", "SELECT consultation_key FROM content.consultation WHERE weight_g = 4321"
    )
    assert {row["consultation_key"] for row in changed} == {key, key_of(1)}


async def test_what_operators_registered_is_read(old: Database) -> None:
    await migrate(old.settings)
    (contact,) = await contacts_of(old.settings, [stored.FIRST])
    assert (contact["phone"], contact["changed_by"]) == ("21000001", "operator-1")
    assert await find_double_reports(old.settings) == []
