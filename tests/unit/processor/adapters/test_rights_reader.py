"""Reading rights: nothing is served before the end, and whoever cannot read ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import TopicAuthorizationFailedError
from pydantic import SecretStr

from kpr_stream.errors import BrokerError, EnvironmentMismatchError, WireFormatError
from kpr_stream.kafka import partition_reader
from kpr_stream.kafka.access import KafkaAccess
from kpr_stream.model.environment import mark_topic
from kpr_stream.model.topics import RIGHTS
from kpr_stream.processor.adapters import rights_reader
from kpr_stream.processor.adapters.rights_reader import RightsReader
from kpr_stream.rights.kinds import KINDS
from kpr_stream.schemas.wire import encode
from kpr_stream.settings import Environment, SecurityProtocol
from tests.support.poll import HANGING_S

PERSON = bytes(15) + b"\x01"
RECORD = encode("rights", {"person_key": PERSON.hex(), "erased": True})
ACCESS = KafkaAccess(
    bootstrap="b:1",
    security_protocol=SecurityProtocol.SASL_PLAINTEXT,
    mechanism="M",
    username="u",
    password=SecretStr("p"),
    ca_file=None,
    environment=Environment.TEST,
)


class Topic:
    """The topic as a consumer sees it; tests append, fail and hold it back."""

    def __init__(self) -> None:
        self.records: list[bytes] = []
        self.held = asyncio.Event()
        self.held.set()
        self.fails: Exception | None = None
        self.silent = False
        self.topics = {RIGHTS, mark_topic(Environment.TEST)}
        self._at = 0

    def __call__(self, **_: Any) -> Topic:
        return self

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    @property
    def _client(self) -> Any:
        async def known() -> bool:
            return True

        async def cluster() -> Any:
            return SimpleNamespace(topics=lambda **_: self.topics)

        return SimpleNamespace(
            fetch_all_metadata=cluster,
            set_topics=lambda _: None,
            force_metadata_update=known,
            cluster=SimpleNamespace(unauthorized_topics=()),
        )

    def partitions_for_topic(self, _: str) -> set[int]:
        return {0}

    def assign(self, _: Any) -> None: ...
    def seek(self, _: Any, offset: int) -> None:
        self._at = offset

    async def beginning_offsets(self, partitions: Any) -> dict[Any, int]:
        return dict.fromkeys(partitions, 0)

    async def end_offsets(self, partitions: Any) -> dict[Any, int]:
        if self.silent:
            await asyncio.Event().wait()
        return dict.fromkeys(partitions, len(self.records))

    async def position(self, _: Any) -> int:
        return self._at

    async def getmany(self, *, timeout_ms: int) -> dict[Any, list[Any]]:
        del timeout_ms
        await asyncio.sleep(0)
        await self.held.wait()
        if self.fails:
            raise self.fails
        new = [
            SimpleNamespace(offset=at, key=PERSON.hex().encode(), value=value)
            for at, value in enumerate(self.records)
            if at >= self._at
        ]
        self._at = len(self.records)
        return {TopicPartition(RIGHTS, 0): new} if new else {}


@asynccontextmanager
async def reading(
    topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[RightsReader, asyncio.Queue[BaseException]]]:
    monkeypatch.setattr(partition_reader, "AIOKafkaConsumer", topic)
    deaths: asyncio.Queue[BaseException] = asyncio.Queue()
    reader = RightsReader(ACCESS, "kpr-hst", kinds=KINDS, died=deaths.put_nowait)
    task = asyncio.create_task(reader.run())
    try:
        yield reader, deaths
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_who_waits_for_the_end_goes_on_when_all_of_it_is_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    topic = Topic()
    topic.records.append(RECORD)
    topic.held.clear()
    async with reading(topic, monkeypatch) as (reader, deaths):
        waiting = asyncio.create_task(reader.catch_up())
        for _ in range(50):
            await asyncio.sleep(0)
        assert not waiting.done()
        topic.held.set()
        await asyncio.wait_for(waiting, HANGING_S)
        assert reader.current.offset == 0
        assert reader.current.persons[PERSON].erased
        assert deaths.empty()


async def test_an_empty_topic_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async with reading(Topic(), monkeypatch) as (reader, _):
        await asyncio.wait_for(reader.catch_up(), HANGING_S)
        assert reader.current.offset == -1


async def test_a_cluster_of_another_environment_ends_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    topic = Topic()
    topic.topics = {RIGHTS, mark_topic(Environment.PRODUCTION)}
    async with reading(topic, monkeypatch) as (_, deaths):
        death = await asyncio.wait_for(deaths.get(), HANGING_S)
    assert isinstance(death, EnvironmentMismatchError)


async def test_what_comes_later_is_in_and_can_be_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    topic = Topic()
    async with reading(topic, monkeypatch) as (reader, _):
        await reader.catch_up()
        before = reader.current
        assert not await reader.reach(0, 0.05)
        topic.records.append(RECORD)
        assert await reader.reach(0, HANGING_S)
        assert (before.offset, reader.current.offset) == (-1, 0)


@pytest.mark.parametrize(
    ("record", "fails", "cause"),
    [(b"no record", None, WireFormatError), (None, TopicAuthorizationFailedError(), BrokerError)],
)
async def test_a_worker_that_cannot_read_it_ends(
    monkeypatch: pytest.MonkeyPatch, record: bytes | None, fails: Exception | None, cause: type
) -> None:
    topic = Topic()
    topic.fails = fails
    topic.records += [record] if record else []
    async with reading(topic, monkeypatch) as (_, deaths):
        assert isinstance(await asyncio.wait_for(deaths.get(), HANGING_S), cause)


async def test_a_worker_that_does_not_know_the_end_for_long_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rights_reader, "ASK_S", 0.02)
    monkeypatch.setattr(rights_reader, "STALE_S", 0.1)
    topic = Topic()
    async with reading(topic, monkeypatch) as (reader, deaths):
        await reader.catch_up()
        topic.silent = True
        death = await asyncio.wait_for(deaths.get(), HANGING_S)
        assert isinstance(death, BrokerError)
        assert "kpr.rights" in str(death)
