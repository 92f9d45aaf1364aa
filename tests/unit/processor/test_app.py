"""The Faust shell: how a lane pauses, resumes and reads again through Faust's consumer."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from faust.types import TP

from kpr_stream.model.topics import SOURCE_TOPICS
from kpr_stream.processor.app import build_app, flow_of
from kpr_stream.processor.consumer import LaneConsumer
from kpr_stream.settings import Settings
from tests.no_broker import NO_BROKER


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
    app.consumer._thread.thread_loop.close()  # type: ignore[attr-defined] # made and never run


def test_what_would_split_a_print_is_off(tmp_path: Path) -> None:
    assert build_app(Settings(home=tmp_path), NO_BROKER).conf.worker_redirect_stdouts is False
