"""The Faust shell: how a lane pauses, resumes and reads again through Faust's consumer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import faust
import pytest
from faust.types import TP

from kpr_stream.model.delivery import SourceRecord
from kpr_stream.model.topics import SOURCE_TOPICS
from kpr_stream.processor.faust_app.app import build_app, connect, flow_of
from kpr_stream.processor.faust_app.consumer import LaneConsumer
from kpr_stream.processor.faust_app.table_manager import NoTables
from kpr_stream.settings import Settings
from tests.support.no_broker import NO_BROKER
from tests.support.poll import HANGING_S

TRACE = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def unmake(app: faust.App) -> None:
    """Close the loop that the consumer has made for its thread, which never ran."""
    app.consumer._thread.thread_loop.close()  # type: ignore[attr-defined]


async def test_a_lane_is_paused_with_what_was_fetched_kept_and_in_fausts_own_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``pause_partitions`` would drop what is fetched; aiokafka's tuples fail an assertion."""
    done: list[tuple[str, Any]] = []

    async def seek(_: LaneConsumer, tp: TP, offset: int) -> None:
        done.append((f"seek {offset}", tp))

    monkeypatch.setattr(LaneConsumer, "on_buffer_full", lambda _, tp: done.append(("full", tp)))
    monkeypatch.setattr(LaneConsumer, "on_buffer_drop", lambda _, tp: done.append(("drop", tp)))
    monkeypatch.setattr(LaneConsumer, "seek", seek)
    app = build_app(Settings(home=tmp_path), NO_BROKER)
    flow = flow_of(app)
    flow.pause_topic(2, 5)
    flow.resume_topic(2, 5)
    flow.seek(2, 5, 7)
    await asyncio.sleep(0)
    assert [what for what, _ in done] == ["full", "drop", "seek 7"]
    assert {tp for _, tp in done} == {TP(SOURCE_TOPICS[2], 5)}
    assert all(isinstance(tp, TP) for _, tp in done)
    done.clear()
    flow.pause(5)
    flow.resume(5)
    assert [tp.topic for _, tp in done] == [*SOURCE_TOPICS, *SOURCE_TOPICS]
    unmake(app)


async def test_what_has_come_meanwhile_is_taken_at_once_and_in_order(tmp_path: Path) -> None:
    app = build_app(Settings(home=tmp_path), NO_BROKER)
    offered: list[SourceRecord] = []
    connect(app, cast("Any", SimpleNamespace(offer=offered.append, close=None)))
    arrived: asyncio.Queue[Any] = asyncio.Queue()

    def event(offset: int) -> Any:
        message = SimpleNamespace(
            topic=SOURCE_TOPICS[2],
            partition=5,
            offset=offset,
            timestamp=1.5,
            key=b"k",
            value=b"v",
            headers=[("traceparent", TRACE if offset else b"01815012345")],
        )
        return SimpleNamespace(message=message)

    async def events() -> AsyncIterator[Any]:
        for first in (0, 3):
            for offset in (first + 1, first + 2):
                arrived.put_nowait(event(offset))
            yield event(first)

    stream = SimpleNamespace(channel=SimpleNamespace(queue=arrived), events=events)
    await app.agents["intake"].fun(stream)
    assert [record.offset for record in offered] == [0, 1, 2, 3, 4, 5]
    assert offered[0] == SourceRecord(
        topic_index=2, partition=5, offset=0, received_at=1500, key=b"k", value=b"v"
    ), "a header of another form is kept"
    assert offered[1].traceparent == TRACE.decode()


async def test_nothing_waits_for_tables_that_there_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = build_app(Settings(home=tmp_path), NO_BROKER)
    tables = app.tables
    assert isinstance(tables, NoTables)
    started: list[str] = []

    async def noted(_: object) -> None:
        started.append("recovery")

    async def waits(_: object, seconds: float) -> None:
        raise AssertionError(f"waits {seconds} s")

    monkeypatch.setattr(type(tables.recovery), "start", noted)
    monkeypatch.setattr(type(tables), "sleep", waits)
    monkeypatch.setattr(LaneConsumer, "assignment", lambda _: set())
    monkeypatch.setattr(LaneConsumer, "pause_partitions", lambda *_: None)
    await tables.on_start()
    await asyncio.wait_for(tables.wait_until_tables_registered(), HANGING_S)
    assert started == ["recovery"]
    unmake(app)


def test_what_would_split_a_print_is_off(tmp_path: Path) -> None:
    assert build_app(Settings(home=tmp_path), NO_BROKER).conf.worker_redirect_stdouts is False
