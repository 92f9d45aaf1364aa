"""The one reader under all readers, on a real broker: what it gives, and how it fails."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace

import psutil
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from pydantic import SecretStr

from kpr_stream.errors import BrokerError, KprError, OutsideLogError, TopicChangedError
from kpr_stream.kafka.access import kafka_access
from kpr_stream.kafka.partition_reader import LogRange, PartitionReader
from kpr_stream.model.topics import COMMAND_RESULT, PARTITIONS, UNIT, Role
from kpr_stream.settings import Settings
from tests.support.no_broker import NO_BROKER
from tests.support.poll import HANGING_S

MINE, OTHER = TopicPartition(UNIT, 3), TopicPartition(UNIT, 4)
TOPICS = {UNIT: PARTITIONS}
LATER_THAN_ALL_MS = 4_102_444_800_000


@pytest.fixture
async def producer(clean_stack: Settings) -> AsyncIterator[AIOKafkaProducer]:
    """The processor's side of empty topics."""
    access = kafka_access(clean_stack, Role.PROCESSOR)
    producer = AIOKafkaProducer(
        **access.for_aiokafka(), transactional_id=f"{clean_stack.app_id}-3", linger_ms=5
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


@pytest.fixture
def reading(clean_stack: Settings) -> PartitionReader:
    return PartitionReader(kafka_access(clean_stack, Role.PROCESSOR), TOPICS)


async def write(producer: AIOKafkaProducer, partition: TopicPartition, *values: bytes) -> None:
    async with producer.transaction():
        for value in values:
            await producer.send_and_wait(
                partition.topic, value, key=value, partition=partition.partition
            )


async def abort(producer: AIOKafkaProducer, partition: TopicPartition, value: bytes) -> None:
    await producer.begin_transaction()
    await producer.send_and_wait(partition.topic, value, key=b"k", partition=partition.partition)
    await producer.abort_transaction()


async def read(reader: PartitionReader, ends: dict[TopicPartition, int]) -> list[tuple[int, bytes]]:
    return [
        (record.offset, record.value)
        async for found in reader.until(ends)
        for records in found.values()
        for record in records
    ]


async def committed(reader: PartitionReader, ends: dict[TopicPartition, int]) -> None:
    """Wait for the markers: a producer's commit returns before they are on the topic."""
    async with asyncio.timeout(HANGING_S):
        while {p: log.end for p, log in (await reader.ranges(ends)).items()} != ends:
            pass


async def fetch_nothing(reader: PartitionReader) -> None:
    while True:
        assert await reader.fetch() == {}


async def test_committed_records_are_read_to_the_end_over_gaps(
    producer: AIOKafkaProducer, reading: PartitionReader
) -> None:
    await write(producer, MINE, b"a", b"b")
    await abort(producer, MINE, b"aborted")
    await write(producer, MINE, b"c")
    async with reading as reader, asyncio.timeout(HANGING_S):
        await committed(reader, {MINE: 7})
        logs = await reader.ranges([MINE, OTHER])
        # Two records and a marker, one record and a marker, one record and a marker.
        assert logs == {MINE: LogRange(0, 7), OTHER: LogRange(0, 0)}
        reader.read_from({p: log.begin for p, log in logs.items()})
        assert await read(reader, {p: log.end for p, log in logs.items()}) == [
            (0, b"a"),
            (1, b"b"),
            (5, b"c"),
        ]
        assert await reader.position(MINE) == 7
        assert reader.end_of(MINE) == 7


async def test_nothing_at_or_past_an_end_is_given(
    producer: AIOKafkaProducer, reading: PartitionReader
) -> None:
    await write(producer, MINE, b"a", b"b", b"c", b"d")
    await write(producer, OTHER, b"x", b"y")
    async with reading as reader, asyncio.timeout(HANGING_S):
        await committed(reader, {MINE: 5, OTHER: 3})
        reader.read_from({MINE: 1, OTHER: 0})
        found = await read(reader, {MINE: 3, OTHER: 1})
        assert sorted(found) == [(0, b"x"), (1, b"b"), (2, b"c")]
        reader.seek(MINE, 0)
        assert await read(reader, {MINE: 1}) == [(0, b"a")]


async def test_a_fetch_is_bounded_and_the_position_follows_it(
    producer: AIOKafkaProducer, clean_stack: Settings
) -> None:
    await write(producer, MINE, *(bytes([n]) for n in range(10)))
    access = kafka_access(clean_stack, Role.PROCESSOR)
    async with (
        PartitionReader(access, TOPICS, max_poll_records=4) as reader,
        asyncio.timeout(HANGING_S),
    ):
        reader.read_from({MINE: 0})
        sizes = []
        while await reader.position(MINE) < 10:
            before = await reader.position(MINE)
            records = (await reader.fetch()).get(MINE, [])
            assert [r.offset for r in records] == list(range(before, before + len(records)))
            sizes.append(len(records))
        assert max(sizes) == 4


async def test_an_offset_is_found_by_time(
    producer: AIOKafkaProducer, reading: PartitionReader
) -> None:
    async with producer.transaction():
        for at in (1_000, 2_000, 3_000):
            await producer.send_and_wait(UNIT, b"v", b"k", 3, timestamp_ms=at)
    async with reading as reader:
        await committed(reader, {MINE: 4})
        assert await reader.offset_at(MINE, 1_500) == 1
        assert await reader.offset_at(MINE, LATER_THAN_ALL_MS) is None


async def test_a_position_outside_the_log_is_named_and_another_can_be_read(
    producer: AIOKafkaProducer, reading: PartitionReader
) -> None:
    await write(producer, MINE, b"a")
    async with reading as reader, asyncio.timeout(HANGING_S):
        reader.read_from({MINE: 900})
        with pytest.raises(OutsideLogError, match=r"position kpr\.hst\.unit/3@900"):
            await fetch_nothing(reader)
        reader.read_from({MINE: 0})
        assert await read(reader, {MINE: 1}) == [(0, b"a")]


async def failure(
    reading: PartitionReader, kind: type[BrokerError | TopicChangedError] = BrokerError
) -> KprError:
    with pytest.raises(kind) as raised:
        async with asyncio.timeout(HANGING_S), reading:
            raise AssertionError("it could be started")
    return raised.value


async def test_a_refused_login_is_reported_as_one(clean_stack: Settings) -> None:
    access = kafka_access(clean_stack, Role.PROCESSOR)
    wrong = replace(access, password=SecretStr("wrong"))
    error = await failure(PartitionReader(wrong, TOPICS))
    assert "refuses the login of processor" in error.message
    assert "KPR_KAFKA_PASSWORD" in error.what_to_do


async def test_a_missing_right_is_told_apart_from_a_missing_topic(clean_stack: Settings) -> None:
    analyst = kafka_access(clean_stack, Role.ANALYST)
    error = await failure(PartitionReader(analyst, {COMMAND_RESULT: PARTITIONS}))
    assert f"does not allow analyst to read {COMMAND_RESULT}" in error.message
    assert "ACLs" in error.what_to_do
    admin = kafka_access(clean_stack, Role.ADMIN)
    error = await failure(PartitionReader(admin, {"kpr.hst.no-such-topic": 1}))
    assert "has no topic kpr.hst.no-such-topic" in error.message


async def test_a_topic_with_other_partitions_is_refused(clean_stack: Settings) -> None:
    admin = kafka_access(clean_stack, Role.ADMIN)
    error = await failure(PartitionReader(admin, {UNIT: PARTITIONS + 1}), TopicChangedError)
    assert f"has {PARTITIONS} partitions; the contract says {PARTITIONS + 1}" in error.message


async def test_a_broker_that_is_not_there_cannot_be_reached() -> None:
    error = await failure(PartitionReader(NO_BROKER, TOPICS))
    assert "127.0.0.1:1 cannot be reached" in error.message


@contextmanager
def silent(settings: Settings) -> Iterator[None]:
    """The broker's process stands still: connections stay open and nothing is answered."""
    port = int(kafka_access(settings, Role.ADMIN).bootstrap.rpartition(":")[2])
    (broker,) = {
        c.pid
        for c in psutil.net_connections("tcp")
        if c.status == psutil.CONN_LISTEN and c.laddr.port == port and c.pid
    }
    os.kill(broker, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(broker, signal.SIGCONT)


async def test_a_silent_broker_ends_a_patient_reader_and_it_closes(clean_stack: Settings) -> None:
    access = kafka_access(clean_stack, Role.PROCESSOR)
    reader = PartitionReader(
        access, TOPICS, wait_ms=50, patience_s=1.0, client_id="patient", request_timeout_ms=1000
    )
    await reader.start()
    reader.read_from({MINE: 0})
    with silent(clean_stack):
        with pytest.raises(BrokerError, match="cannot be reached"):
            await asyncio.wait_for(fetch_nothing(reader), HANGING_S)
        async with asyncio.timeout(HANGING_S):
            await reader.close()


async def test_an_idle_broker_is_no_silent_one(clean_stack: Settings) -> None:
    access = kafka_access(clean_stack, Role.PROCESSOR)
    async with PartitionReader(access, TOPICS, wait_ms=20, patience_s=0.05) as reader:
        reader.read_from({MINE: 0})
        for _ in range(20):
            assert await reader.fetch() == {}


async def test_a_question_that_takes_too_long_is_given_up(
    clean_stack: Settings, reading: PartitionReader
) -> None:
    async with reading as reader:
        with silent(clean_stack), pytest.raises(BrokerError, match=r"did not say .* within 0 s"):
            await reader.ranges(within_s=0.3)


async def test_a_reading_that_is_cancelled_stays_so_and_leaves_nothing_open(
    reading: PartitionReader,
) -> None:
    reading_on = asyncio.Event()

    async def reads() -> None:
        async with reading as reader:
            reader.read_from({MINE: 0})
            reading_on.set()
            while True:
                await reader.fetch()

    task = asyncio.create_task(reads())
    await asyncio.wait_for(reading_on.wait(), HANGING_S)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert reading._consumer is not None
    assert reading._consumer._closed
