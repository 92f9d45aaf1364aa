"""The demo's processes: restarted when they die, quoted when they fail, ended at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kpr_stream.demo import processes
from kpr_stream.demo.processes import MAX_RESTARTS, DemoProcess
from kpr_stream.errors import StackError
from kpr_stream.settings import Settings
from tests.support.poll import eventually

Make = Callable[..., DemoProcess]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Make]:
    """Make processes that run a line of shell in place of a command; end them after the test."""
    shell = tmp_path / "shell"
    shell.write_text('#!/bin/sh\neval "$3"\n')
    shell.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(shell))
    made: list[DemoProcess] = []

    def make_one(line: str, **more: Any) -> DemoProcess:
        settings = Settings(home=tmp_path / "home")
        made.append(DemoProcess("sink-content", [line], settings, tmp_path / "it.log", **more))
        return made[-1]

    yield make_one
    for one in made:
        one.stop()


def test_a_process_gives_the_json_that_it_printed_and_its_log_is_kept(
    make: Make, tmp_path: Path
) -> None:
    one = make(
        'echo "{\\"home\\": \\"$KPR_HOME\\", \\"more\\": \\"$MORE\\"}"; echo logged >&2',
        environment={"MORE": "yes"},
    )
    for _ in range(2):
        one.start()
        one.wait()
        assert one.ended()
    assert one.result() == {"home": str(tmp_path / "home"), "more": "yes"}
    assert (tmp_path / "it.log").read_text() == "logged\nlogged\n"


def test_a_process_that_printed_a_list_has_no_result(make: Make) -> None:
    one = make("echo '[1]'")
    one.start()
    one.wait()
    assert one.result() == {}


def test_a_failed_process_is_named_with_the_last_lines_of_its_log(make: Make) -> None:
    one = make("for n in 1 2 3 4 5 6; do echo line $n >&2; done; exit 3")
    one.start()
    one.wait()
    with pytest.raises(StackError) as failed:
        one.result()
    end = "line 2 / line 3 / line 4 / line 5 / line 6"
    assert failed.value.message == (
        f"The process sink-content ended with code 3. Its log ends: {end}"
    )
    assert "it.log" in failed.value.what_to_do


def test_one_that_must_stay_alive_is_restarted_and_one_that_keeps_dying_is_an_error(
    make: Make,
) -> None:
    one = make("echo died >&2", keep_alive=True)
    one.start()
    for number in range(1, MAX_RESTARTS + 1):
        one.wait()
        assert not one.ended()
        assert one.restarts == number
    one.wait()
    with pytest.raises(StackError, match="keeps dying"):
        one.ended()


def test_a_process_that_ignores_the_signal_is_killed(
    make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(processes, "STOP_S", 0.2)
    one = make("trap '' TERM; echo ready >&2; while :; do read line < /dev/zero; done")
    one.start()
    eventually((tmp_path / "it.log").read_text)
    assert not one.ended()
    one.stop()
    assert one.ended()
    with pytest.raises(StackError, match="ended with code -9"):
        one.result()


def test_a_process_that_was_not_started_is_stopped_without_a_word_and_has_no_pid(
    make: Make, tmp_path: Path
) -> None:
    one = make("true")
    (tmp_path / "it.log").touch()
    one.stop()
    with pytest.raises(StackError, match="was not started"):
        _ = one.pid
