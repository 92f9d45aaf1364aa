"""The supervisor's conversation with `up`: progress, ready or failed; and why it ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from kpr_stream.embedded.layout import Layout
from kpr_stream.embedded.plan import StackPlan
from kpr_stream.embedded.state import StackState
from kpr_stream.embedded.supervisor import __main__ as supervisor
from kpr_stream.embedded.supervisor.bring_up import Report, StartedParts
from kpr_stream.errors import DiskError
from kpr_stream.process.lock import take_lock

BringUp = Callable[[StackPlan, StartedParts, Report], Any]


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> StackPlan:
    """A plan of a stack without parts; this process keeps its own log."""
    monkeypatch.setattr(supervisor, "begin_log", lambda *_: None)
    Layout.of(tmp_path).make_folders()
    return StackPlan(
        home=str(tmp_path),
        app_id="kpr-hst",
        environment="test",
        ports={},
        jars=(),
        external={},
        tied=True,
    )


class Up:
    """The other end of the socket."""

    def __init__(self, control: socket.socket, task: asyncio.Task[int]) -> None:
        self.control, self.task = control, task
        self._lines = control.makefile("r", encoding="utf-8")

    async def line(self) -> Any:
        return json.loads(await asyncio.to_thread(self._lines.readline))

    def close(self) -> None:
        self._lines.close()
        self.control.close()


@asynccontextmanager
async def supervised(
    monkeypatch: pytest.MonkeyPatch, plan: StackPlan, bring_up: BringUp
) -> AsyncIterator[Up]:
    """Supervise a stack that starts so, and send it its plan."""
    monkeypatch.setattr(supervisor, "bring_up", bring_up)
    ours, its = socket.socketpair()
    up = Up(ours, asyncio.create_task(supervisor.supervise(its)))
    try:
        ours.sendall(plan.to_json().encode() + b"\n")
        yield up
        await up.task
    finally:
        up.task.cancel()
        up.close()


async def ready(plan: StackPlan, _: StartedParts, report: Report) -> StackState:
    report("nearly there")
    plan.layout.stack.write_text("{}")
    return StackState(home=plan.home, addresses={}, versions={}, pids={}, start_seconds=1.5)


async def test_progress_and_ready_are_reported_and_the_end_of_a_tied_up_ends_it(
    monkeypatch: pytest.MonkeyPatch, plan: StackPlan
) -> None:
    async with supervised(monkeypatch, plan, ready) as up:
        assert await up.line() == {"progress": "nearly there"}
        assert await up.line() == {"ready": 1.5}
        assert not up.task.done()
        up.close()
        assert await up.task == 0
    assert not plan.layout.stack.exists()


async def test_a_signal_ends_it_in_order(monkeypatch: pytest.MonkeyPatch, plan: StackPlan) -> None:
    async with supervised(monkeypatch, plan, ready) as up:
        await up.line()
        await up.line()
        os.kill(os.getpid(), signal.SIGTERM)
        assert await up.task == 0


async def test_a_part_that_ends_ends_the_others(
    monkeypatch: pytest.MonkeyPatch, plan: StackPlan
) -> None:
    async def with_a_part(plan: StackPlan, parts: StartedParts, report: Report) -> StackState:
        part = await asyncio.create_subprocess_exec("/bin/sh", "-c", "exit 3")
        parts.processes["postgres"] = part
        return await ready(plan, parts, report)

    async with supervised(monkeypatch, plan, with_a_part) as up:
        assert await up.task == 1


async def test_an_up_that_ends_before_all_is_ready_takes_everything_down(
    monkeypatch: pytest.MonkeyPatch, plan: StackPlan
) -> None:
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def never(*_: Any) -> StackState:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        raise AssertionError

    async with supervised(monkeypatch, plan, never) as up:
        await begun.wait()
        up.close()
        assert await up.task == 1
    assert cancelled.is_set()


async def test_the_error_with_advice_is_reported_not_the_one_beside_it(
    monkeypatch: pytest.MonkeyPatch, plan: StackPlan
) -> None:
    async def failing(*_: Any) -> StackState:
        disk = DiskError("The disk is full.", what_to_do="Make room.")
        raise BaseExceptionGroup("start", [OSError("x"), BaseExceptionGroup("kafka", [disk])])

    async with supervised(monkeypatch, plan, failing) as up:
        found = await up.line()
        assert await up.task == 1
    assert found == {
        "failed": {
            "kind": "DiskError",
            "message": "The disk is full.",
            "what_to_do": "Make room.",
        }
    }


async def test_an_error_without_advice_is_named_by_its_type(
    monkeypatch: pytest.MonkeyPatch, plan: StackPlan
) -> None:
    async def failing(*_: Any) -> StackState:
        raise OSError("no such device")

    async with supervised(monkeypatch, plan, failing) as up:
        found = (await up.line())["failed"]
    assert found["message"] == "OSError: no such device"
    assert found["what_to_do"] == "See the supervisor's log."


async def test_a_second_supervisor_is_refused_and_touches_nothing(
    monkeypatch: pytest.MonkeyPatch, plan: StackPlan
) -> None:
    monkeypatch.setattr(supervisor, "LOCK_PAUSE_S", 0.0)
    plan.layout.stack.write_text("of the first")
    held = take_lock(plan.layout.lock)
    assert held is not None
    async with supervised(monkeypatch, plan, ready) as up:
        found = (await up.line())["failed"]
        assert await up.task == 1
    assert found["message"] == f"Another `up` is starting a stack in {plan.home}."
    assert plan.layout.stack.read_text() == "of the first"


async def test_without_a_plan_nothing_is_started() -> None:
    ours, its = socket.socketpair()
    ours.close()
    assert await supervisor.supervise(its) == 1
