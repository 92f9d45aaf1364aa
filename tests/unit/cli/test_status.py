"""``kpr-stream status``: its exit codes, without a stack."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kpr_stream.cli.app import build_cli
from kpr_stream.cli.status import NOT_RUNNING, UNHEALTHY, WRONG
from kpr_stream.kafka import connect
from kpr_stream.model.topics import QUARANTINE
from kpr_stream.overview import targets, topics
from kpr_stream.overview.samples import Samples
from kpr_stream.overview.topics import TopicFault
from tests.support.installation import Installation


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KPR_HOME", str(tmp_path))


def status(*arguments: str) -> tuple[int, dict[str, Any], str]:
    done = CliRunner().invoke(build_cli(), ["status", "--every", "0.1", "--json", *arguments])
    return done.exit_code, json.loads(done.stdout), done.stderr


def reading(monkeypatch: pytest.MonkeyPatch, how: Installation) -> None:
    """Let every reading be of this installation."""

    def read(_: Any) -> Samples:
        return how.samples()

    monkeypatch.setattr(targets, "read_all", read)


def test_where_nothing_runs_it_is_3() -> None:
    code, found, errors = status()
    assert (code, found) == (NOT_RUNNING, {"running": False})
    assert "Nothing runs in" in errors


def test_where_all_is_well_it_is_0(monkeypatch: pytest.MonkeyPatch) -> None:
    reading(monkeypatch, Installation())
    code, found, errors = status()
    assert code == 0
    assert (found["healthy"], found["troubles"], found["topics"]) == (True, [], [])
    assert "worker worker-2 at 127.0.0.1:9411: ready" in errors
    assert "content sink: 16 records behind" in errors
    assert "projector: 8 records behind" in errors


def test_a_trouble_is_1_and_has_its_runbook(monkeypatch: pytest.MonkeyPatch) -> None:
    reading(monkeypatch, Installation(away=["worker-1"]))
    code, found, errors = status()
    assert code == WRONG
    assert [one["alert"] for one in found["troubles"]] == ["LaneUnowned", "TargetDown"]
    assert "wrong: LaneUnowned: " in errors
    assert "docs/operate/runbooks/LaneUnowned.md" in errors


def test_a_topic_with_other_partitions_is_1(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = TopicFault(topic=QUARANTINE, partitions=9, expected=8)

    async def faults(_: Any) -> list[TopicFault]:
        return [fault]

    for name, value in {"BOOTSTRAP": "x:1", "USERNAME": "operator", "PASSWORD": "none"}.items():
        monkeypatch.setenv(f"KPR_KAFKA_{name}", value)
    monkeypatch.setattr(topics, "topic_faults", faults)
    code, found, errors = status()
    assert code == WRONG
    assert found["topics"] == [{"topic": QUARANTINE, "partitions": 9, "expected": 8}]
    assert "has 9 partitions instead of 8" in errors


@pytest.mark.parametrize("silent", [False, True])
def test_a_cluster_that_does_not_answer_is_69(
    monkeypatch: pytest.MonkeyPatch, *, silent: bool
) -> None:
    monkeypatch.setattr(topics, "CONNECT_S", 0.2)
    monkeypatch.setattr(connect, "LOGIN_S", 0.2)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        if silent:
            server.listen()
        address = f"127.0.0.1:{server.getsockname()[1]}"
        given = {"BOOTSTRAP": address, "USERNAME": "operator", "PASSWORD": "none"}
        for name, value in given.items():
            monkeypatch.setenv(f"KPR_KAFKA_{name}", value)
        code, found, errors = status()
    assert code == UNHEALTHY
    assert found["healthy"] is False
    assert address in errors
