"""``connect status`` and ``connect errors`` on an outbox, and ``connect FOLDER`` as before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from kpr_stream.cli.app import build_cli
from kpr_stream.cli.connect import report
from kpr_stream.cli.report import people
from kpr_stream.connectors.outbox.outbox import Outbox
from kpr_stream.connectors.outbox.protocol import UnitStatus
from kpr_stream.connectors.summary import summary
from kpr_stream.model.words import System
from tests.unit.connectors.outbox.test_journal import WRONG, answer, found_in, kept
from tests.unit.connectors.outboxes import SYSTEM, UNIT, with_open_unit

NAME = "{:06}_HST_Konsultasjon_2026-01-{:02}_20260201T040000Z.json"


@pytest.fixture
def outbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("KPR_OUTBOX_DIR", str(tmp_path))
    found = Outbox(tmp_path / f"{SYSTEM}.sqlite3", system=SYSTEM)
    with_open_unit(found)
    yield found
    found.close()


def run(*arguments: str, json_too: bool = True) -> tuple[int, Any]:
    more = ["--json"] if json_too else []
    done: Result = CliRunner().invoke(build_cli(), ["connect", *arguments, *more])
    return done.exit_code, json.loads(done.stdout) if json_too else done.stdout


def test_a_connector_that_has_the_outbox_open_keeps_no_reader_out(outbox: Outbox) -> None:
    kept(outbox, 1, "a")
    code, found = run("status", "--system", SYSTEM)
    (unit,) = found["units"]
    assert code == 0
    assert (unit["org_nr"], unit["status"], unit["unanswered"]) == (UNIT, "open", 1)
    assert unit["last_sent"] is None
    assert unit["oldest_unsent"].endswith("Z")
    code, text = run("status", "--system", SYSTEM, json_too=False)
    assert UNIT in text
    assert "never" in text


def test_a_held_unit_and_a_missing_file_are_shown_with_exit_code_1(outbox: Outbox) -> None:
    for number, day in ((1, 1), (2, 2), (5, 8), (6, 10)):
        outbox.keep(NAME.format(number, day), "digest", [])
    code, found = run("status", "--system", SYSTEM)
    (series,) = found["series"]
    assert code == 1
    assert series["missing_numbers"] == [[3, 4]]
    holes = [
        (one["from"][-2:], one["to"][-2:], one["file_is_missing"])
        for one in series["days_without_file"]
    ]
    assert holes == [("03", "07", True), ("09", "09", False)]
    with outbox.changing():
        outbox.hold_unit(UNIT, UnitStatus.BLOCKED, "NO_AGREEMENT")
    code, text = run("status", "--system", SYSTEM, json_too=False)
    assert code == 1
    assert "NO_AGREEMENT" in text
    assert "file numbers 000003 to 000004" in text


@pytest.mark.parametrize("as_json", [False, True])
def test_cause_and_advice_of_a_held_unit_are_on_one_stream(
    outbox: Outbox, capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    with outbox.changing():
        outbox.hold_unit(UNIT, UnitStatus.BLOCKED, "NO_AGREEMENT")
    report(summary(outbox, System(SYSTEM), seconds=1), people(as_json))
    answer, messages = capsys.readouterr()
    assert f"Held unit {UNIT} at sequence" in messages
    assert messages.index("NO_AGREEMENT") < messages.index(f"--release {UNIT}")
    assert "NO_AGREEMENT" not in answer


def test_errors_are_listed_with_file_pointer_and_words_of_the_rules(outbox: Outbox) -> None:
    assert run("errors", "--system", SYSTEM) == (0, {"system": SYSTEM, "errors": []})
    kept(outbox, 1, "a", "b")
    answer(outbox, found_in(1, "accepted", WRONG))
    code, found = run("errors", "--system", SYSTEM)
    (one,) = found["errors"]
    assert code == 1
    assert (one["file"], one["place"], one["field"]) == (
        "1.json",
        "/0/konsultasjon/1",
        "/weight_g",
    )
    assert (one["rule"], one["severity"], one["text_en"]) == (WRONG, "set_aside", "words")
    code, text = run("errors", "--system", SYSTEM, json_too=False)
    assert f"{WRONG}: 1.json#/0/konsultasjon/1, field /weight_g" in text
    assert "1 errors." in text


@pytest.mark.parametrize("first", [(), ("send",)])
def test_a_folder_without_a_command_is_sent(tmp_path: Path, first: tuple[str, ...]) -> None:
    """Options may come before the folder, as in the first releases."""
    missing = str(tmp_path / "no such folder")
    for arguments in ((missing, "--system", SYSTEM), ("--system", SYSTEM, missing)):
        done = CliRunner().invoke(build_cli(), ["connect", *first, *arguments])
        assert "There is no folder" in str(done.exception), done.output


def test_a_system_without_an_outbox_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KPR_OUTBOX_DIR", str(tmp_path))
    done = CliRunner().invoke(build_cli(), ["connect", "status", "--system", SYSTEM])
    assert "There is no outbox" in str(done.exception)
