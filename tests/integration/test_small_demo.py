"""The demo in a running stack whose processes are stand-ins that deliver nothing.

What the demo looks at is real: topics, tables and logs. So every check must see the loss.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, Final

import pytest

from kpr_stream.demo import run
from kpr_stream.demo.check import CANARY
from kpr_stream.errors import UsageError
from kpr_stream.settings import Settings
from tests.integration.sinks.conftest import empty_database
from tests.support.command_here import here

NATION: Final = ("--consultations", "60", "--municipalities", "1")


class Silent:
    """A process of the demo that claims to have sent all, and sends nothing."""

    started: Final[list[Silent]] = []

    def __init__(self, name: str, arguments: list[str], *_: Any, keep_alive: bool) -> None:
        self.name, self.arguments, self.keep_alive = name, arguments, keep_alive
        self.restarts = 1 if keep_alive else 0
        self.stopped = False

    def start(self) -> None:
        self.started.append(self)

    def ended(self) -> bool:
        return not self.keep_alive

    def wait(self) -> None:
        assert not self.keep_alive

    def stop(self) -> None:
        self.stopped = True

    def result(self) -> dict[str, Any]:
        if not self.name.startswith("connector-"):
            return {}
        exports = Path(self.arguments[1])
        expected = json.loads((exports.parent / "expected.json").read_text("utf-8"))
        units = expected["systems"][exports.name]["units"]
        return {
            "units": {unit: {"items": sum(of["outcomes"].values())} for unit, of in units.items()}
        }


@pytest.fixture
def register(clean_stack: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Let the demo use the shared stack, with empty tables."""
    asyncio.run(empty_database(clean_stack))
    monkeypatch.setenv("KPR_HOME", str(clean_stack.home))
    monkeypatch.setattr(run, "DemoProcess", Silent)
    monkeypatch.setattr(Silent, "started", [])
    return clean_stack


def test_a_demo_whose_deliveries_are_lost_says_so_in_every_check(register: Settings) -> None:
    first = here("demo", *NATION, "--json")
    found = first.json
    assert (first.code, found["ok"], found["balanced"]) == (1, False, False), first.err
    assert not found["outcomes_as_expected"]
    assert not found["rows_equal_truth"]
    assert (found["received"], found["rows_in_postgres"]) == (0, 0)
    assert "Balance of sender, receipts and topics: NOT GOOD." in first.err
    assert "Rows against the simulator's truth, key by key: NOT GOOD (0 compared)." in first.err
    assert "Outcomes differ from what the simulator expected." in first.err

    privacy = found["privacy"]
    assert (privacy["canary_found"], privacy["leaks"]) == (True, [])
    assert privacy["ids_searched"] > 0
    assert privacy["records_searched"] == 1, "the canary's own"
    logs = register.home / "log"
    assert not [log for log in logs.glob("*.log") if CANARY in log.read_text("utf-8")]

    # One municipality has not all four systems: only exports that exist are sent.
    names = [one.name for one in Silent.started]
    connectors = [name for name in names if name.startswith("connector-")]
    with_units = [name for name, of in found["systems"].items() if of["municipalities"]]
    assert 0 < len(connectors) < len(found["systems"])
    assert connectors == [f"connector-{name}" for name in with_units]
    assert names[-3:] == ["sink-content-last", "sink-identity-last", "projector"]
    assert all(one.stopped for one in Silent.started if one.keep_alive)
    assert found["restarts"] == sum(one.restarts for one in Silent.started) > 0

    page = Path(found["report"]).read_text("utf-8")
    assert "Ingen virksomhet har rapportert ennå." in page

    again = here("demo", *NATION)
    assert again.code == 1
    assert "the exports exist already: they are sent again" in again.err
    assert "What became of every item" in again.out

    other = here("demo", *NATION, "--seed", "2")
    assert isinstance(other.error, UsageError)
    assert "another made-up nation (consultations 60, seed 1, municipalities 1" in str(other.error)


def test_the_demo_does_not_run_in_production(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KPR_ENVIRONMENT", "production")
    monkeypatch.setenv("KPR_HOME", str(tmp_path))
    refused = here("demo", *NATION)
    assert isinstance(refused.error, UsageError)
    assert "does not run in production" in refused.error.message
    assert list(tmp_path.iterdir()) == []
