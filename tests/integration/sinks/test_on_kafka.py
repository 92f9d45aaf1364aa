"""The sinks as processes, on a real broker and a real database."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr

from kpr_stream.errors import BrokerError, DatabaseError, TopicChangedError, WireFormatError
from kpr_stream.kafka.access import kafka_access
from kpr_stream.kafka.partition_reader import PartitionReader
from kpr_stream.model.topics import CONSULTATION, IDENTITY, IDENTITY_LINK, Role
from kpr_stream.settings import Settings
from kpr_stream.sinks.reader import topic_reader
from kpr_stream.sinks.run import run_sink
from kpr_stream.sinks.service import SinkTotals
from kpr_stream.sinks.tables import SinkKind, sink
from kpr_stream.sinks.verify import verify_sink
from kpr_stream.sinks.verify_values import verify_values
from tests.integration.sinks.conftest import Database
from tests.support.poll import HANGING_S
from tests.support.processes import ending
from tests.support.sink_records import consultation, identity, identity_link, incoming, key_of
from tests.support.stack import add_partitions, fresh_topics

COMMAND = (str(Path(sys.executable).with_name("kpr-stream")), "sink")

_TOPICS = {"consultation": CONSULTATION, "identity": IDENTITY, "identity_link": IDENTITY_LINK}

Sent = tuple[str, int, dict[str, Any] | None]


class Topics:
    """Writes as the processor does."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer

    async def write(self, records: Iterable[Sent], *, partition: int = 3) -> None:
        """One committed transaction."""
        async with self._producer.transaction():
            await self._send(records, partition)

    async def write_and_abort(self, records: Iterable[Sent]) -> None:
        """One transaction that never was."""
        await self._producer.begin_transaction()
        await self._send(records, 3)
        await self._producer.abort_transaction()

    async def write_bytes(self, key: bytes, value: bytes | None) -> None:
        """What no processor would write."""
        async with self._producer.transaction():
            await self._producer.send_and_wait(CONSULTATION, value, key=key, partition=3)

    async def _send(self, records: Iterable[Sent], partition: int) -> None:
        sent = []
        for name, number, record in records:
            made = incoming(name, 0, record, number=number)
            sent.append(
                await self._producer.send(
                    _TOPICS[name], made.value, made.key, partition, headers=list(made.headers)
                )
            )
        await asyncio.gather(*sent)


@pytest.fixture
def settings(clean_stack: Settings, database: Database) -> Settings:
    """Empty topics and a database with empty tables."""
    assert database.settings is clean_stack
    return clean_stack


@pytest.fixture
async def topics(settings: Settings) -> AsyncIterator[Topics]:
    """The processor's side."""
    async with writing(settings) as one:
        yield one


@asynccontextmanager
async def writing(settings: Settings) -> AsyncIterator[Topics]:
    """Write as a lane that has just been opened."""
    access = kafka_access(settings, Role.PROCESSOR)
    producer = AIOKafkaProducer(
        **access.for_aiokafka(), transactional_id=f"{settings.app_id}-0", linger_ms=5
    )
    await producer.start()
    try:
        yield Topics(producer)
    finally:
        await producer.stop()


async def fetch(settings: Settings, sql: str, role: str = "content_sink") -> list[Any]:
    return await Database(settings).fetch(role, sql)


async def catch_up(settings: Settings, kind: SinkKind = SinkKind.CONTENT) -> SinkTotals:
    return await run_sink(settings, kind, until_caught_up=True)


async def statuses(settings: Settings) -> dict[str, int]:
    rows = await fetch(settings, "SELECT status, count(*) FROM content.consultation GROUP BY 1")
    return {r["status"]: r["count"] for r in rows}


def started(settings: Settings, *more: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "KPR_HOME": str(settings.home.resolve())}
    return subprocess.Popen(
        [*COMMAND, *more],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


async def until_rows(settings: Settings, at_least: int) -> None:
    async with asyncio.timeout(HANGING_S):
        while sum((await statuses(settings)).values()) < at_least:  # noqa: ASYNC110 - a process
            await asyncio.sleep(0.02)


async def test_the_topic_becomes_the_table(settings: Settings, topics: Topics) -> None:
    await topics.write(("consultation", n, consultation(n)) for n in range(100))
    await topics.write_and_abort(("consultation", n, consultation(n)) for n in range(200, 300))
    await topics.write([("consultation", 1, consultation(1, status="deleted", sequence=8))])
    await topics.write([("consultation", 2, None)])
    await topics.write([("consultation", 500, consultation(500))], partition=5)
    totals = await catch_up(settings)
    assert totals.caught_up
    assert totals.records == 103
    assert await statuses(settings) == {"live": 99, "deleted": 1}
    again = await catch_up(settings)
    assert (again.records, again.rows) == (0, 0)
    result, appointments = await verify_sink(settings, SinkKind.CONTENT)
    assert result.equal
    assert (result.keys, result.rows, result.behind) == (100, 100, 0)
    assert (result.versions, result.unrecorded, result.unverified) == (101, 0, 0)
    assert (appointments.keys, appointments.rows) == (0, 0)


async def test_verify_finds_every_kind_of_difference(settings: Settings, topics: Topics) -> None:
    await topics.write(("consultation", n, consultation(n)) for n in range(10))
    await catch_up(settings)
    await fetch(settings, "DELETE FROM content.consultation WHERE source_offset = 1")
    await fetch(
        settings, "UPDATE content.consultation SET status = 'deleted' WHERE source_offset = 2"
    )
    await fetch(
        settings,
        "UPDATE content.consultation SET consultation_key = gen_random_uuid() "
        "WHERE source_offset = 3",
    )
    result = (await verify_sink(settings, SinkKind.CONTENT))[0]
    assert (result.missing, result.different, result.extra) == (2, 1, 1)
    assert sorted(set(result.places)) == [(3, 1), (3, 2), (3, 3)]
    with ending(started(settings, "verify", "--json")) as process:
        answer = json.loads(process.communicate(timeout=HANGING_S)[0])
        assert process.returncode == 1
    assert answer["equal"] is False


async def test_verify_says_that_a_table_is_locked(
    settings: Settings, topics: Topics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kpr_stream.sinks.compare.LOCKED_S", 1)
    await topics.write(("consultation", n, consultation(n)) for n in range(3))
    await catch_up(settings)
    owner = await Database(settings).connect("kpr_owner")
    try:
        async with owner.transaction():
            await owner.execute("LOCK TABLE content.consultation")
            with pytest.raises(DatabaseError, match="locked by another session"):
                await verify_sink(settings, SinkKind.CONTENT)
            await owner.execute("LOCK TABLE content.delivery")
            with pytest.raises(DatabaseError, match="locked by another session"):
                await verify_values(settings, SinkKind.CONTENT)
    finally:
        await owner.close()
    assert (await verify_sink(settings, SinkKind.CONTENT))[0].equal


async def test_killed_at_any_time_nothing_is_lost_or_doubled(
    settings: Settings, topics: Topics
) -> None:
    for start in range(0, 40_000, 4000):
        await topics.write(
            ("consultation", n % 30_000, consultation(n % 30_000, sequence=n))
            for n in range(start, start + 4000)
        )
    for at_least in (0, 1, 15_000):
        with ending(started(settings, "content")) as process:
            await until_rows(settings, at_least)
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
    await catch_up(settings)
    assert await statuses(settings) == {"live": 30_000}
    assert (await verify_sink(settings, SinkKind.CONTENT))[0].equal


async def test_sigterm_ends_it_cleanly_and_it_follows_live(
    settings: Settings, topics: Topics
) -> None:
    with ending(started(settings, "content", "--json")) as process:
        await topics.write([("consultation", 1, consultation(1))])
        await until_rows(settings, 1)
        await topics.write([("consultation", 2, consultation(2))])
        await until_rows(settings, 2)
        with pytest.raises(DatabaseError, match="Another process is the content sink"):
            await catch_up(settings)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=HANGING_S)
        assert process.returncode == 0
    assert json.loads(out)["rows"] == 2


async def test_an_unreadable_record_stops_it_there(settings: Settings, topics: Topics) -> None:
    await topics.write([("consultation", 1, consultation(1))])
    await catch_up(settings)
    await topics.write_bytes(bytes(16), b"\x00\x00\x00\x00\x97broken")
    for _ in range(2):
        with pytest.raises(WireFormatError, match=r"kpr\.hst\.consultation, partition 3, offset 2"):
            await catch_up(settings)
    assert await statuses(settings) == {"live": 1}


async def test_a_foreign_tombstone_stops_the_sink_until_it_is_left_out(
    settings: Settings, topics: Topics
) -> None:
    await topics.write([("consultation", 1, consultation(1))])
    await catch_up(settings)
    await topics.write_bytes(incoming("consultation", 0, None, number=1).key or b"", None)
    await topics.write([("consultation", 2, consultation(2))])
    for _ in range(2):
        with pytest.raises(WireFormatError, match="partition 3, offset 2: it has no ledger header"):
            await catch_up(settings)
    leaving_out = settings.model_copy(update={"skip_records": f"{CONSULTATION}/3@2"})
    await catch_up(leaving_out)
    assert await statuses(settings) == {"live": 2}
    assert (await verify_sink(leaving_out, SinkKind.CONTENT))[0].equal


async def test_a_rebuild_says_what_the_topic_no_longer_has(
    settings: Settings, topics: Topics
) -> None:
    await topics.write(("consultation", n, consultation(n)) for n in range(5))
    await topics.write([("consultation", 1, consultation(1, sequence=8, weight_g=5000))])
    await catch_up(settings)
    await fetch(
        settings,
        # A version that the topic has compacted, and one whose key it has not.
        "INSERT INTO content.consultation_version "
        "SELECT (jsonb_populate_record(v, jsonb_build_object("
        "'sequence', 1, 'source_offset', -1, 'consultation_key', "
        "CASE v.source_offset WHEN 0 THEN gen_random_uuid() ELSE v.consultation_key END))).* "
        "FROM content.consultation_version v WHERE source_offset IN (0, 1)",
    )
    with ending(started(settings, "rebuild", "content", "--json")) as process:
        out, said = process.communicate(timeout=HANGING_S)
        assert process.returncode == 0, said
    answer = json.loads(out)
    assert answer["rebuilds"] == 64
    kept = {one["table"]: (one["versions"], one["unverified"]) for one in answer["histories"]}
    assert kept["content.consultation_version"] == (7, 1)
    result = (await verify_sink(settings, SinkKind.CONTENT))[0]
    assert result.equal
    assert (result.versions, result.unrecorded, result.unverified) == (7, 0, 1)
    await fetch(settings, "DELETE FROM content.consultation_version WHERE source_offset = 3")
    result = (await verify_sink(settings, SinkKind.CONTENT))[0]
    assert (result.equal, result.unrecorded) == (False, 1)


async def test_a_position_the_log_does_not_have_is_rebuilt(
    settings: Settings, topics: Topics
) -> None:
    await topics.write(("consultation", n, consultation(n)) for n in range(5))
    await catch_up(settings)
    await fetch(settings, "UPDATE content.sink_position SET next_offset = 900 WHERE partition = 3")
    await fetch(
        settings,
        "UPDATE content.consultation SET consultation_key = gen_random_uuid() "
        "WHERE source_offset = 3",
    )
    totals = await catch_up(settings)
    assert totals.rebuilds == len(sink(SinkKind.CONTENT).topics)  # that partition of each
    assert await statuses(settings) == {"live": 5}
    assert (await verify_sink(settings, SinkKind.CONTENT))[0].equal
    open_rebuilds = "SELECT 1 FROM content.sink_position WHERE rebuild_until IS NOT NULL"
    assert await fetch(settings, open_rebuilds) == []


async def keys_and_ids(settings: Settings) -> tuple[set[Any], set[Any]]:
    rows = await fetch(settings, "SELECT consultation_key FROM content.consultation")
    ids = await fetch(
        settings,
        "SELECT DISTINCT topic_id FROM content.sink_position WHERE topic = 'kpr.hst.consultation'",
    )
    return {r[0] for r in rows}, {r[0] for r in ids}


async def test_a_topic_made_again_is_read_whole_and_its_old_rows_go(
    settings: Settings, topics: Topics, caplog: pytest.LogCaptureFixture
) -> None:
    await topics.write(("consultation", n, consultation(n)) for n in range(3))
    await catch_up(settings)
    _, before = await keys_and_ids(settings)
    await asyncio.to_thread(fresh_topics, settings, [CONSULTATION])
    async with writing(settings) as again:
        # Longer than the position: by offsets alone reading would resume in the middle.
        await again.write(("consultation", n, consultation(n)) for n in range(10, 19))
    assert (await verify_sink(settings, SinkKind.CONTENT))[0].made_again
    totals = await catch_up(settings)
    keys, after = await keys_and_ids(settings)
    assert totals.rebuilds == 8
    assert keys == {key_of(n) for n in range(10, 19)}
    assert len(before) == len(after) == 1
    assert before != after
    errors = [r.getMessage() for r in caplog.records if r.levelname == "ERROR"]
    assert any(f"{CONSULTATION}, partition 3" in e and "made again" in e for e in errors)
    assert (await verify_sink(settings, SinkKind.CONTENT))[0].equal


async def test_a_topic_made_again_under_a_running_sink(settings: Settings, topics: Topics) -> None:
    await topics.write(("consultation", n, consultation(n)) for n in range(3))
    with ending(started(settings, "content")):
        await until_rows(settings, 3)
        await asyncio.to_thread(fresh_topics, settings, [CONSULTATION])
        async with writing(settings) as again:
            await again.write(("consultation", n, consultation(n)) for n in range(10, 19))
        wanted = {key_of(n) for n in range(10, 19)}
        async with asyncio.timeout(HANGING_S):
            while (await keys_and_ids(settings))[0] != wanted:  # noqa: ASYNC110 - a process
                await asyncio.sleep(0.1)


async def test_a_reader_that_gives_nothing_is_replaced(
    settings: Settings, topics: Topics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kpr_stream.sinks.service.STALLED_S", 1.0)
    made: list[PartitionReader] = []

    def kept(*arguments: Any) -> PartitionReader:
        made.append(topic_reader(*arguments))
        return made[-1]

    monkeypatch.setattr("kpr_stream.sinks.run.topic_reader", kept)
    await topics.write(("consultation", n, consultation(n)) for n in range(3))
    running = asyncio.create_task(run_sink(settings, SinkKind.CONTENT))
    await until_rows(settings, 3)
    consumer = made[0]._started
    consumer.pause(*consumer.assignment())
    await topics.write(("consultation", n, consultation(n)) for n in range(3, 9))
    await until_rows(settings, 9)
    os.kill(os.getpid(), signal.SIGTERM)
    assert (await running).rebuilds == 0
    assert (await verify_sink(settings, SinkKind.CONTENT))[0].equal


async def test_positions_of_an_earlier_release_get_their_topics_ids_once(
    settings: Settings, topics: Topics, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await topics.write(("consultation", n, consultation(n)) for n in range(3))
    await catch_up(settings)
    _, ids = await keys_and_ids(settings)
    await fetch(settings, "UPDATE content.sink_position SET topic_id = NULL")
    totals = await catch_up(settings)
    assert totals.rebuilds == 0
    assert caplog.text.count("64 positions had no topic id") == 1
    await catch_up(settings)
    assert caplog.text.count("had no topic id") == 1
    assert (await keys_and_ids(settings))[1] == ids


async def test_added_partitions_end_a_running_sink_with_topic_and_count(
    settings: Settings, topics: Topics
) -> None:
    await topics.write([("consultation", 1, consultation(1))])
    try:
        with ending(started(settings, "content")) as process:
            await until_rows(settings, 1)
            await asyncio.to_thread(add_partitions, settings, CONSULTATION, 9)
            _, said = await asyncio.to_thread(process.communicate, timeout=HANGING_S)
        assert process.returncode == TopicChangedError.exit_code
        assert f"Topic {CONSULTATION}" in said
        assert "has 9 partitions" in said
    finally:
        await asyncio.to_thread(fresh_topics, settings, [CONSULTATION])


async def test_identity_has_a_sink_of_its_own(settings: Settings, topics: Topics) -> None:
    await topics.write(("identity", n, identity(n)) for n in range(3))
    await topics.write([("identity", 1, identity(1))], partition=5)
    await topics.write([("identity", 2, None)])
    await catch_up(settings, SinkKind.IDENTITY)
    rows = await fetch(settings, "SELECT * FROM identity.identity", "identity_sink")
    assert len(rows) == 3
    content = sink(SinkKind.CONTENT)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await fetch(settings, "TABLE identity.identity", content.database_role)


async def test_links_stand_if_they_stand_in_any_lane(settings: Settings, topics: Topics) -> None:
    await topics.write([("identity_link", 1, identity_link(1))])
    withdrawn = identity_link(1, withdrawn=True, withdrawn_because="corrected")
    await topics.write([("identity_link", 1, withdrawn)], partition=5)
    await catch_up(settings, SinkKind.IDENTITY)
    standing = "SELECT evidence FROM identity.standing_link"
    assert [row["evidence"] for row in await fetch(settings, standing, "identity_sink")] == [
        ["same_item"]
    ]
    await topics.write([("identity_link", 1, withdrawn)])
    await catch_up(settings, SinkKind.IDENTITY)
    assert await fetch(settings, standing, "identity_sink") == []
    found = await verify_sink(settings, SinkKind.IDENTITY)
    assert [(result.topic, result.keys, result.equal) for result in found] == [
        (IDENTITY, 0, True),
        (IDENTITY_LINK, 2, True),
    ]


async def test_a_refused_login_is_told(settings: Settings) -> None:
    wrong = settings.model_copy(update={"kafka_password": SecretStr("mistyped")})
    with pytest.raises(BrokerError, match="refuses the login of content-sink") as told:
        await catch_up(wrong)
    assert "mistyped" not in str(told.value)
