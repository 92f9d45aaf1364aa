"""The projector on a real broker: every record once, nothing early, nothing that says too much."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from aiokafka import AIOKafkaProducer

from kpr_stream.embedded.kafka.provision import admin_client
from kpr_stream.errors import BrokerError, LaneFencedError, TopicChangedError
from kpr_stream.kafka.access import kafka_access
from kpr_stream.kafka.read_topic import TopicRecord, read_all
from kpr_stream.model.header import HEADER_NAME, HeaderStatus, LedgerHeader
from kpr_stream.model.topics import ANALYST_CONSULTATION, CONSULTATION, PARTITIONS, TOPICS, Role
from kpr_stream.projector.partitions import GROUP, Projections
from kpr_stream.projector.project import decoded, projected
from kpr_stream.reference import load_reference
from kpr_stream.schemas import wire
from kpr_stream.settings import Settings
from tests.integration.at_work import command_line
from tests.support.poll import HANGING_S
from tests.support.repository import ROOT
from tests.support.sink_records import Incoming, consultation, key_of
from tests.support.stack import ADMIN_S, fresh_topics, keep_versions

MONDAY: Final = date(2026, 3, 2)
DAY_MS: Final = 86_400_000
LANES: Final = (2, 5)
EXAMPLE: Final = ROOT / "examples" / "analyse" / "follow_topic.py"
STEPS: Final = (0, 1, 2, 3, 4, 5)
Record = tuple[int, dict[str, Any] | None]
"""The number of a key, and its cleaned record; None: erased."""


def at_ms(day: date, hour: int = 12) -> int:
    """Noon in UTC of a day, in ms."""
    return int(datetime(day.year, day.month, day.day, hour, tzinfo=UTC).timestamp() * 1000)


def child(number: int, born: date, visit: date, **more: Any) -> Record:
    content = {"date": visit, "age_days": (visit - born).days, "sex": "1", **more}
    return number, consultation(number, **content)


def many(count: int, first: int = 0) -> list[Record]:
    """Live records, markers and erasures of children some weeks old."""
    born = MONDAY - timedelta(days=60)
    found = [child(n, born, MONDAY) for n in range(first, first + count)]
    found += [(n, consultation(n, status="deleted")) for n in range(first, first + count, 4)]
    return found + [(n, None) for n in range(first, first + count, 8)]


@pytest.fixture
async def settings(clean_stack: Settings) -> Settings:
    """A stack with empty topics and no position of a projector."""
    admin = admin_client(kafka_access(clean_stack, Role.ADMIN))
    known = admin.list_consumer_groups(request_timeout=ADMIN_S).result(ADMIN_S)
    # A broker that has never had a group cannot delete one: it has no coordinator yet.
    if GROUP in {group.group_id for group in known.valid}:
        for done in admin.delete_consumer_groups([GROUP]).values():
            done.result(ADMIN_S)
    # Records here are some weeks old. A test that takes long would see them compacted.
    for topic in (CONSULTATION, ANALYST_CONSULTATION):
        keep_versions(clean_stack, topic)
    return clean_stack


async def write(
    settings: Settings, records: Iterable[Record], *, lane: int, at: int, **header: Any
) -> None:
    """Write cleaned records as the processor does, in one transaction. ``at`` in ms."""
    headers = [(HEADER_NAME, LedgerHeader(source_topic=0, source_offset=0, **header).pack())]
    access = kafka_access(settings, Role.PROCESSOR).for_aiokafka()
    producer = AIOKafkaProducer(**access, transactional_id=f"{settings.app_id}-trial")
    async with producer, producer.transaction():
        sent = [
            await producer.send(
                CONSULTATION,
                None if record is None else wire.encode("consultation", record),
                key_of(number).hex.encode(),
                lane,
                timestamp_ms=at,
                headers=headers,
            )
            for number, record in records
        ]
        await asyncio.gather(*sent)
    # The next producer of the id starts only when the commit has reached every partition.
    async with AIOKafkaProducer(**access, transactional_id=f"{settings.app_id}-trial"):
        pass


async def read(settings: Settings, role: Role, topic: str) -> list[TopicRecord]:
    return [one async for one in read_all(kafka_access(settings, role), {topic: PARTITIONS})]


async def shown(settings: Settings) -> dict[int, list[tuple[bytes | None, bytes | None]]]:
    """What an analyst reads, by partition and in its order."""
    found: dict[int, list[tuple[bytes | None, bytes | None]]] = {}
    for one in await read(settings, Role.ANALYST, ANALYST_CONSULTATION):
        found.setdefault(one.partition, []).append((one.key, one.value))
    return found


async def expected(settings: Settings) -> dict[int, list[tuple[bytes | None, bytes | None]]]:
    """What the analysts' topic must hold of cleaned records of which none waits."""
    found: dict[int, list[tuple[bytes | None, bytes | None]]] = {}
    for one in await read(settings, Role.ADMIN, CONSULTATION):
        record = Incoming(one.partition, one.offset, one.key, one.value, one.headers, one.timestamp)
        (made,) = projected([record], load_reference())
        found.setdefault(one.partition, []).append((made.key, made.value))
    return found


class Clock:
    """A day that the test decides."""

    def __init__(self, day: date) -> None:
        self.day = day

    def __call__(self) -> int:
        return at_ms(self.day)


@asynccontextmanager
async def opened(settings: Settings, clock: Clock, **more: Any) -> Any:
    projections = Projections(
        kafka_access(settings, Role.PROJECTOR), load_reference(), now_ms=clock, **more
    )
    async with AsyncExitStack() as ends:
        ends.push_async_callback(projections.close)
        await projections.open()
        yield projections


async def carry(projections: Projections) -> None:
    """Carry everything that is there now."""
    ends = await projections.ends()
    await projections.round()
    while not await projections.reached(ends):
        await projections.round()


@pytest.mark.long
@pytest.mark.parametrize("step", STEPS)
async def test_a_projector_that_dies_at_a_step_loses_nothing_and_writes_nothing_twice(
    settings: Settings, step: int
) -> None:
    for lane in LANES:
        await write(settings, many(40, 100 * lane), lane=lane, at=at_ms(MONDAY))
    code, first, errors = await command_line(settings, "projector", "--until-caught-up", "--json")
    assert code == 0, errors
    assert await shown(settings) == await expected(settings)
    assert (first["shown"], first["removed"], first["held"]) == (80, 30, 0)
    for lane in LANES:
        await write(settings, many(30, 100 * lane + 50), lane=lane, at=at_ms(MONDAY))
    died = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.integration.killed_projector", str(step)),
        env=os.environ | {"KPR_HOME": str(settings.home), "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
    )
    assert await asyncio.wait_for(died.wait(), HANGING_S) == -signal.SIGKILL
    code, _, errors = await command_line(settings, "projector", "--until-caught-up", "--json")
    assert code == 0, errors
    assert await shown(settings) == await expected(settings)


async def test_the_search_finds_canaries_where_they_are_and_nothing_that_an_analyst_can_read(
    settings: Settings,
) -> None:
    """Age in days, headers, keys of a person whose consultation is deleted, hashes."""
    born, gone, natural, content = MONDAY - timedelta(days=5000), key_of(9), b"N" * 16, b"C" * 16
    age = b"\x02\x90\x4e"  # 5,000 as a nullable Avro int
    number, record = child(1, born, MONDAY, service="SKOLEHELSETJENESTE")
    await write(settings, [(number, record)], lane=3, at=at_ms(MONDAY), content_hash=content)
    await write(
        settings,
        [(2, consultation(2, status="deleted")), (3, consultation(3, status="superseded"))],
        lane=3,
        at=at_ms(MONDAY),
        status=HeaderStatus.DELETED,
        person_key=gone.bytes,
        natural_key=natural,
    )
    secrets = (age, HEADER_NAME.encode(), gone.bytes, gone.hex.encode(), natural, content)
    code, _, errors = await command_line(settings, "projector", "--until-caught-up", "--json")
    assert code == 0, errors

    def found(records: Sequence[TopicRecord], texts: Iterable[bytes]) -> set[bytes]:
        return {t for t in texts for r in records if any(t in part for part in parts(r))}

    def parts(one: TopicRecord) -> list[bytes]:
        headers = [part for name, value in one.headers for part in (name.encode(), value)]
        return [one.key or b"", one.value or b"", *headers]

    there = await read(settings, Role.ADMIN, CONSULTATION)
    assert found(there, secrets) == {*secrets} - {gone.hex.encode()}
    readable = []
    for topic in TOPICS:
        reading = read_all(kafka_access(settings, Role.ANALYST), {topic.name: topic.partitions})
        try:
            readable += [one async for one in reading]
        except BrokerError as refused:
            assert "does not allow analyst" in refused.message  # noqa: PT017 - most are refused
    assert {one.topic for one in readable} == {ANALYST_CONSULTATION}
    assert len(readable) == 3
    assert [one.value for one in readable[1:]] == [None, None]
    person = key_of(1_000_001).hex.encode()
    assert found(readable, [person]) == {person}, "the search sees what is there"
    assert found(readable, secrets) == set()
    assert [one.headers for one in readable] == [()] * 3


async def test_a_visit_in_the_week_of_birth_is_shown_once_when_the_week_is_over(
    settings: Settings,
) -> None:
    """Over restarts, with a deletion, a correction and another child in between."""
    born, visit = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
    await write(settings, [child(1, born, visit), child(2, born, visit)], lane=4, at=at_ms(visit))
    clock = Clock(visit)
    async with opened(settings, clock) as projections:
        await carry(projections)
        assert await shown(settings) == {}
        older = child(3, MONDAY - timedelta(days=40), visit)
        await write(settings, [older], lane=4, at=at_ms(visit))
        await carry(projections)
        assert [key for key, _ in (await shown(settings))[4]] == [key_of(3).hex.encode()]
    clock.day += timedelta(days=1)
    async with opened(settings, clock) as projections:
        deleted = (2, consultation(2, status="deleted"))
        await write(settings, [deleted], lane=4, at=at_ms(clock.day))
        await carry(projections)
        assert len((await shown(settings))[4]) == 1
    clock.day = MONDAY + timedelta(days=7)
    for _ in range(2):
        async with opened(settings, clock) as projections:
            await projections.round()
            await projections.round()
    found = (await shown(settings))[4]
    last = sorted([key_of(1).hex.encode(), key_of(2).hex.encode()])
    assert [key for key, _ in found[1:]] == last
    values = dict(found)
    assert values[key_of(2).hex.encode()] is None
    row = decoded(values[key_of(1).hex.encode()] or b"")
    assert (row["date"], row["birth_week"]) == (MONDAY + timedelta(days=6), MONDAY)
    records = await read(settings, Role.ANALYST, ANALYST_CONSULTATION)
    days = [one.timestamp // DAY_MS * DAY_MS for one in records]
    assert days == [at_ms(visit, 0), *[at_ms(MONDAY + timedelta(days=7), 0)] * 2]


async def test_a_second_projector_ends_the_first(settings: Settings) -> None:
    clock = Clock(MONDAY)
    async with opened(settings, clock) as first, opened(settings, clock) as second:
        await write(settings, many(9), lane=1, at=at_ms(MONDAY))
        with pytest.raises(LaneFencedError, match="taken over by another projector"):
            await carry(first)
        await carry(second)
    assert await shown(settings) == await expected(settings)


async def test_a_source_that_was_made_again_is_refused_until_somebody_says_so(
    settings: Settings,
) -> None:
    clock = Clock(MONDAY)
    await write(settings, many(9), lane=1, at=at_ms(MONDAY))
    async with opened(settings, clock) as projections:
        await carry(projections)
    # Kafka forgets the offsets of a deleted topic: they are committed again, as of the old one.
    async with opened(settings, clock) as projections:
        old = projections._topic_id
    fresh_topics(settings, [CONSULTATION, ANALYST_CONSULTATION])
    keep_versions(settings, CONSULTATION)
    await write(settings, many(12), lane=1, at=at_ms(MONDAY))
    async with opened(settings, clock, from_beginning=True) as projections:
        projections._topic_id = old
        await carry(projections)
    with pytest.raises(TopicChangedError, match="made again"):
        async with opened(settings, clock):
            pass
    fresh_topics(settings, [ANALYST_CONSULTATION])
    async with opened(settings, clock, from_beginning=True) as projections:
        await carry(projections)
    assert await shown(settings) == await expected(settings)


async def test_the_example_of_the_pages_reads_a_snapshot_and_follows(
    settings: Settings, tmp_path: Path
) -> None:
    await write(settings, many(20), lane=1, at=at_ms(MONDAY))
    clock = Clock(MONDAY)
    async with opened(settings, clock) as projections:
        await carry(projections)
        properties = tmp_path / "client.properties"
        access = kafka_access(settings, Role.ANALYST).for_librdkafka()
        properties.write_text("\n".join(f"{k}={v}" for k, v in access.items()), "utf-8")
        reader = await asyncio.create_subprocess_exec(
            *(sys.executable, str(EXAMPLE), str(properties), "--group", "analyst-page", "--follow"),
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            assert await line_of(reader) == {"consultations": 15, "weighed": 15}
            older = MONDAY - timedelta(days=90)
            changes = [child(1, older, MONDAY), (2, consultation(2, status="deleted"))]
            await write(settings, changes, lane=1, at=at_ms(MONDAY))
            await carry(projections)
            assert await line_of(reader) == {"key": key_of(1).hex, "shown": True}
            assert await line_of(reader) == {"key": key_of(2).hex, "shown": False}
            reader.send_signal(signal.SIGINT)
            assert await asyncio.wait_for(reader.wait(), HANGING_S) == 0
        finally:
            if reader.returncode is None:
                reader.kill()
                await reader.wait()


async def line_of(process: asyncio.subprocess.Process) -> Any:
    assert process.stdout is not None
    return json.loads(await asyncio.wait_for(process.stdout.readline(), HANGING_S))
