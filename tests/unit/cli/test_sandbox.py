"""``sandbox``: what it prints of a login and of each record, and which scripts it takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from kpr_stream.cli.app import build_cli
from kpr_stream.errors import UsageError
from kpr_stream.model.words import System
from kpr_stream.settings import Settings
from kpr_stream.trial_receiver import serve
from kpr_stream.trial_receiver.faults import FaultKind
from kpr_stream.trial_receiver.script import Script
from kpr_stream.trial_receiver.sent import Fate
from kpr_stream.trial_receiver.serve import SandboxDisplay
from tests.support.deliveries import ORG_NR
from tests.unit.conformance.test_checks import record

LOGIN = {"page": "http://127.0.0.1:8080/", "username": "visma-hspro"}
Sandbox = Callable[..., Result]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[System, Script, int]]:
    """What was served; three records come to each sandbox."""
    found: list[tuple[System, Script, int]] = []

    def serve_here(
        _: Settings, system: System, script: Script, display: SandboxDisplay, *, port: int
    ) -> None:
        found.append((system, script, port))
        display.step("Kafka starts.")
        display.ready(LOGIN)
        refused = record(2, sequence=2, status="refused")
        refused.receipts = ({**refused.receipts[0], "reason": "UNKNOWN_KEY"},)
        unread = replace(record(3), envelope=None, receipts=(), fate=Fate.NOT_SEEN)
        for one in (record(1), refused, unread):
            display.came(one)

    monkeypatch.setattr(serve, "serve_sandbox", serve_here)
    return found


def run(*words: str) -> Result:
    return CliRunner().invoke(build_cli(), ["sandbox", "--system", "visma-hspro", *words])


CAME = [
    f"1: unit {ORG_NR} sequence 1 → processed (sent)",
    f"2: unit {ORG_NR} sequence 2 → refused UNKNOWN_KEY (sent)",
    "3: unit - sequence -1 → no answer (the delivery was not seen)",
]


def test_the_login_comes_before_the_records(served: list[Any]) -> None:
    done = run("--port", "8080")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["page", LOGIN["page"]]
    assert lines[1].split() == ["username", LOGIN["username"]]
    assert lines[2] == "Send now. Ctrl-C ends the sandbox."
    assert lines[3:] == CAME
    ((system, script, port),) = served
    assert (system, script.steps, port) == (System.VISMA_HSPRO, [], 8080)


@pytest.mark.usefixtures("served")
def test_json_is_the_login_alone() -> None:
    done = run("--json")
    assert json.loads(done.stdout) == LOGIN
    assert done.stderr.splitlines()[-3:] == CAME


def test_a_script_is_read_before_anything_starts(served: list[Any], tmp_path: Path) -> None:
    path = tmp_path / "faults.toml"
    path.write_text('[[step]]\nfault = "rotate_key"\nafter = 2\n', "utf-8")
    run("--script", str(path))
    (step,) = served.pop()[1].steps
    assert (step.after, step.fault.kind) == (2, FaultKind.ROTATE_KEY)
    for content, why in ((b"\xff", "is not UTF-8"), (b"[[step]]\nfault = 'fire'", "is not one of")):
        path.write_bytes(content)
        refused = run("--script", str(path)).exception
        assert isinstance(refused, UsageError)
        assert why in refused.message
    missing = run("--script", str(tmp_path / "missing.toml")).exception
    assert isinstance(missing, UsageError)
    assert "faults, in TOML" in missing.what_to_do
    assert served == []
