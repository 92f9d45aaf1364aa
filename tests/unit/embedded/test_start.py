"""Starting a stack: progress and errors of the supervisor reach who waits for it."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kpr_stream.embedded import start
from kpr_stream.embedded.layout import Layout
from kpr_stream.embedded.plan import StackPlan
from kpr_stream.embedded.state import StackState
from kpr_stream.errors import DiskError, StackError
from tests.support.stack import stack_settings

STATE = StackState(home="h", addresses={}, versions={}, pids={})


@pytest.fixture
def plan(tmp_path: Path) -> StackPlan:
    return StackPlan(
        home=str(tmp_path),
        app_id="kpr-hst",
        environment="test",
        ports={},
        jars=(),
        external={},
        tied=False,
    )


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of the socket between `up` and its supervisor."""
    ours, its = socket.socketpair()
    with ours, its:
        yield ours, its


def answer(its: socket.socket, *messages: dict[str, Any]) -> None:
    """Send what a supervisor reports, then end."""
    its.sendall(b"".join(json.dumps(one).encode() + b"\n" for one in messages))
    its.shutdown(socket.SHUT_WR)


def test_progress_is_reported_until_everything_is_ready(
    plan: StackPlan, ends: tuple[socket.socket, socket.socket]
) -> None:
    ours, its = ends
    answer(its, {"progress": "one"}, {"progress": "two"}, {"ready": 1.0}, {"progress": "late"})
    reported: list[str] = []
    start._follow_start(ours, plan, reported.append)
    assert reported == ["one", "two"]
    assert StackPlan.from_json(its.makefile().readline()) == plan


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("DiskError", DiskError), ("Unknown", StackError), ("Exception", StackError)],
)
def test_a_failure_is_raised_as_the_supervisors_own_error(
    plan: StackPlan,
    ends: tuple[socket.socket, socket.socket],
    kind: str,
    expected: type[Exception],
) -> None:
    ours, its = ends
    answer(its, {"failed": {"kind": kind, "message": "It is full.", "what_to_do": "Make room."}})
    with pytest.raises(expected, match=r"It is full\.") as failed:
        start._follow_start(ours, plan, lambda _: None)
    assert type(failed.value) is expected


@pytest.mark.parametrize("gone", [False, True])
def test_a_supervisor_that_ends_without_a_word_is_named_with_its_log(
    plan: StackPlan, ends: tuple[socket.socket, socket.socket], *, gone: bool
) -> None:
    ours, its = ends
    if gone:
        its.close()
    else:
        answer(its, {"progress": "one"})
    with pytest.raises(StackError, match="ended and reported no cause") as failed:
        start._follow_start(ours, plan, lambda _: None)
    assert str(plan.layout.supervisor_log) in failed.value.what_to_do


def test_a_supervisor_that_cannot_be_spawned_is_named_with_the_cause(plan: StackPlan) -> None:
    # No folder for its log was made.
    with pytest.raises(StackError, match="cannot start: No such file or directory"):
        start._start_supervisor(plan, lambda _: None)


def test_windows_and_missing_packages_are_refused_before_anything_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = stack_settings(tmp_path / "home")
    with monkeypatch.context() as patch:
        patch.setattr("sys.platform", "win32")
        with pytest.raises(StackError, match="does not run on Windows"):
            start.start_stack(settings)
    monkeypatch.setattr(start, "find_spec", lambda name: None if name == "jgo" else name)
    with pytest.raises(StackError, match="not installed: jgo"):
        start.start_stack(settings)
    assert not settings.home.exists()


def test_a_second_up_waits_until_the_first_is_ready(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    states = iter([None, None, STATE])
    monkeypatch.setattr(start, "OTHER_UP_POLL_S", 0.0)
    monkeypatch.setattr(start, "supervisor_pid", lambda _: 7)
    monkeypatch.setattr(start, "running_state", lambda _: next(states))
    assert start._wait_for_other(Layout(tmp_path), 7) is STATE


def test_a_second_up_fails_once_the_first_has_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pids = iter([7, 7, None])
    monkeypatch.setattr(start, "OTHER_UP_POLL_S", 0.0)
    monkeypatch.setattr(start, "supervisor_pid", lambda _: next(pids))
    monkeypatch.setattr(start, "running_state", lambda _: None)
    with pytest.raises(StackError, match=r"Another `up` \(supervisor 7\) could not start"):
        start._wait_for_other(Layout(tmp_path), 7)


def test_a_block_does_not_take_over_a_stack_that_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(start, "supervisor_pid", lambda _: 7)
    with (
        pytest.raises(StackError, match="A stack already runs in"),
        start.running_stack(stack_settings(tmp_path)),
    ):
        pytest.fail("the block ran")


def test_a_stack_that_is_ready_and_has_no_state_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ours, its = socket.socketpair()
    its.close()
    monkeypatch.setattr(start, "ensure_jars", lambda **_: ())
    monkeypatch.setattr(
        start, "_start_supervisor", lambda *_: start.SupervisorHandle(pid=7, control=ours)
    )
    with pytest.raises(StackError, match="reported no cause"):
        start.start_stack(stack_settings(tmp_path))
    assert ours.fileno() == -1, "the socket is still open"
