"""What the store promises, on a real server."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from kpr_stream.errors import DatabaseError
from kpr_stream.sinks.batch import write_of
from kpr_stream.sinks.persist import persist
from kpr_stream.sinks.position import ASKED_FOR, LogState, rebuilt, step
from kpr_stream.sinks.store import SinkStore
from kpr_stream.sinks.tables import VERSION_COLUMNS, SinkKind, sink
from tests.integration.sinks.conftest import Database
from tests.integration.sinks.taking import START, opened, take
from tests.support.poll import HANGING_S
from tests.support.sink_records import consultation, identity, incoming, key_of

CONTENT = sink(SinkKind.CONTENT)
TABLE = CONTENT.tables[0]


async def rows(database: Database) -> list[dict[str, Any]]:
    found = await database.fetch(
        "content_sink", "SELECT * FROM content.consultation ORDER BY consultation_key"
    )
    return [dict(r) for r in found]


async def test_columns_are_those_of_the_schema(database: Database) -> None:
    tables = [table for kind in SinkKind for table in sink(kind).tables]
    mirrors = [(table.full_name, table.columns) for table in tables]
    versions = [
        (table.version_name, (*table.columns, *VERSION_COLUMNS))
        for table in tables
        if table.history
    ]
    for name, columns in (*mirrors, *versions):
        found = await database.fetch(
            "kpr_owner",
            "SELECT attname, format_type(atttypid, atttypmod) AS type, attnotnull "
            "FROM pg_attribute WHERE attrelid = $1::regclass "
            "AND attnum > 0 AND NOT attisdropped",
            name,
        )
        types = {"timestamptz": "timestamp with time zone"}
        # In any order: a migration can only append columns, and rows are copied by name.
        assert sorted(tuple(r) for r in found) == sorted(
            (c.name, types.get(c.pg_type, c.pg_type), not c.nullable) for c in columns
        )


async def test_values_arrive_as_they_were_sent(database: Database) -> None:
    codes = ['a"b', "c\\d", "e,f", "{g}", "", "NULL", "linje\nskift", "æøå"]
    sent = consultation(1, practitioner_roles=codes, contact_form="", sex="1\x00")
    async with opened(database) as store:
        await take(store, [incoming("consultation", 5, sent, number=1)])
    (row,) = await rows(database)
    assert row["practitioner_roles"] == codes
    assert row["warnings"] == []
    assert row["contact_form"] == ""
    assert row["sex"] == "1\ufffd"
    assert row["grade"] is None
    assert row["date"] == sent["date"]
    assert row["extracted_at"] == sent["extracted_at"]
    assert row["person_key"].hex == sent["person_key"]
    assert (row["source_epoch"], row["source_partition"], row["source_offset"]) == (1, 3, 5)


async def test_identity_stays_sealed_bytes(database: Database) -> None:
    sent = identity(1)
    async with opened(database, SinkKind.IDENTITY) as store:
        records = [incoming("identity", 0, sent, number=1)]
        await take(store, records, kind=SinkKind.IDENTITY)
        other = [incoming("identity", 9, identity(1, links=[]), number=1, partition=4)]
        await take(store, other, kind=SinkKind.IDENTITY)
    found = await database.fetch(
        "identity_sink",
        "SELECT *, links->0->>'evidence' AS evidence FROM identity.identity "
        "ORDER BY source_partition",
    )
    assert [r["source_partition"] for r in found] == [3, 4]
    assert found[0]["sealed_ciphertext"] == sent["sealed"]["ciphertext"]
    assert found[0]["sealed_nonce"] == sent["sealed"]["nonce"]
    assert [r["evidence"] for r in found] == ["same_item", None]


async def test_the_same_records_twice_are_the_same_rows(database: Database) -> None:
    records = [incoming("consultation", n, consultation(n), number=n) for n in range(50)]
    async with opened(database) as store:
        await take(store, records)
        once = await rows(database)
        await take(store, records)
    assert len(once) == 50
    assert await rows(database) == once


async def test_an_earlier_record_never_replaces_a_later_one(database: Database) -> None:
    newer = incoming("consultation", 8, consultation(1, weight_g=5000), number=1)
    older = incoming("consultation", 4, consultation(1, weight_g=50), number=1)
    async with opened(database) as store:
        await take(store, [newer])
        await take(store, [older])
    assert [r["weight_g"] for r in await rows(database)] == [5000]


async def test_markers_lose_their_content_and_leave_the_view(database: Database) -> None:
    kept = consultation(1, status="deleted", person_key=key_of(5).hex, weight_g=1, warnings=["w"])
    async with opened(database) as store:
        await take(
            store,
            [
                incoming("consultation", 0, consultation(1), number=1),
                incoming("consultation", 1, consultation(2), number=2),
                incoming("consultation", 2, kept, number=1),
            ],
        )
    marker = (await rows(database))[0]
    assert marker["status"] == "deleted"
    assert {marker[name] for name in TABLE.content_names} == {None}
    live = await database.fetch("kpr_owner", "SELECT * FROM content.live_consultation")
    assert [r["consultation_key"] for r in live] == [key_of(2)]


async def test_an_erasure_takes_the_row_and_no_replay_brings_it_back(database: Database) -> None:
    first = [incoming("consultation", n, consultation(n), number=n) for n in (1, 2)]
    erased = incoming("consultation", 3, None, number=1)
    async with opened(database) as store:
        await take(store, first)
        await take(store, [erased])
        assert [r["consultation_key"] for r in await rows(database)] == [key_of(2)]
        stale = step(TABLE.topic, 3, START, 3)
        with pytest.raises(DatabaseError, match="moved its position"):
            await persist(store, [write_of(TABLE, first, {3: 1})], [stale])
        assert [r["consultation_key"] for r in await rows(database)] == [key_of(2)]
        await take(store, [*first, erased])
    assert [r["consultation_key"] for r in await rows(database)] == [key_of(2)]


async def test_a_rebuild_drops_what_the_topic_no_longer_has(database: Database) -> None:
    records = [incoming("consultation", 90 + n, consultation(n), number=n) for n in range(3)]
    async with opened(database) as store:
        after = await take(store, records)
        anew = rebuilt(after, LogState(0, 2, "id"), after.noted_at, ASKED_FOR)
        halfway = await take(
            store, [incoming("consultation", 0, consultation(0), number=0)], before=anew
        )
        assert len(await rows(database)) == 3
        await take(store, [incoming("consultation", 1, consultation(2), number=2)], before=halfway)
        positions = await store.positions()
    assert [r["consultation_key"] for r in await rows(database)] == [key_of(0), key_of(2)]
    found = positions[TABLE.topic, 3]
    assert (found.next_offset, found.epoch, found.rebuild_until) == (2, 2, None)


async def test_a_session_killed_before_commit_changes_nothing_and_is_repeated(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [incoming("consultation", n, consultation(n), number=n) for n in range(20)]
    killed: list[int] = []
    async with opened(database) as store:
        await store.place(TABLE.topic, 3, START)
        whole = SinkStore._advance

        async def die_once(self: SinkStore, connection: Any, steps: Any) -> None:
            if not killed:
                killed.append(connection.get_server_pid())
                await database.fetch("content_sink", f"SELECT pg_terminate_backend({killed[0]})")
                assert await rows(database) == []
            await whole(self, connection, steps)

        monkeypatch.setattr(SinkStore, "_advance", die_once)
        move = step(TABLE.topic, 3, START, 20)
        await persist(store, [write_of(TABLE, records, {3: 1})], [move])
        positions = await store.positions()
    assert killed
    assert len(await rows(database)) == 20
    assert positions[TABLE.topic, 3].next_offset == 20


async def test_a_commit_whose_answer_was_lost_is_not_repeated(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [incoming("consultation", 0, consultation(0), number=0)]
    writes = 0
    async with opened(database) as store:
        await store.place(TABLE.topic, 3, START)
        whole = SinkStore.write

        async def lose_the_answer(self: SinkStore, *batch: Any) -> None:
            nonlocal writes
            writes += 1
            await whole(self, *batch)
            raise ConnectionResetError

        monkeypatch.setattr(SinkStore, "write", lose_the_answer)
        await persist(store, [write_of(TABLE, records, {3: 1})], [step(TABLE.topic, 3, START, 1)])
    assert writes == 1
    assert len(await rows(database)) == 1


async def test_a_database_that_stays_down_ends_the_patience(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(database) as store:

        async def refuse(*_: Any) -> None:
            raise ConnectionRefusedError

        monkeypatch.setattr(SinkStore, "write", refuse)
        with pytest.raises(DatabaseError, match="cannot be reached by content_sink"):
            await persist(store, [], [step(TABLE.topic, 3, START, 1)], patience_s=0)


async def test_a_second_sink_of_a_kind_is_refused(database: Database) -> None:
    async with opened(database):
        with pytest.raises(DatabaseError, match="Another process is the content sink"):
            async with opened(database):
                pass
        async with opened(database, SinkKind.IDENTITY):
            pass
    async with asyncio.timeout(HANGING_S):
        while True:
            try:
                async with opened(database):
                    break
            except DatabaseError:
                continue


async def test_a_key_in_two_partitions_is_an_incident(database: Database) -> None:
    async with opened(database) as store:
        await take(store, [incoming("consultation", 0, consultation(1), number=1)])
        moved = [incoming("consultation", 6, consultation(1), number=1, partition=5)]
        with pytest.raises(DatabaseError, match=r"partition 5, offset 6.*from partition 3"):
            await take(store, moved)
        assert (await store.positions())[TABLE.topic, 5].next_offset == 0


async def test_a_wrong_password_is_said_without_it(database: Database) -> None:
    settings = database.with_login("content_sink", "mistyped")
    with pytest.raises(DatabaseError, match="refuses the login of content_sink") as told:
        await SinkStore(settings, CONTENT).open()
    assert "mistyped" not in str(told.value)


@pytest.mark.parametrize(
    ("role", "relation"),
    [
        ("content_sink", "identity.identity"),
        ("identity_sink", "content.consultation"),
        ("analyst", "identity.identity"),
        ("analyst", "content.consultation"),
        ("analyst", "content.live_consultation"),
        ("analyst", "content.sink_position"),
    ],
)
async def test_a_role_sees_only_its_own(database: Database, role: str, relation: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await database.fetch(role, f"TABLE {relation}")
