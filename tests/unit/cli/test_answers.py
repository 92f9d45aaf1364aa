"""Answers: where they are printed, in which form, and what is asked before an act that stays."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from kpr_stream.cli import main
from kpr_stream.cli.report import plain
from kpr_stream.model.unit import UnitState
from kpr_stream.model.words import System
from kpr_stream.operate.quarantine import find
from kpr_stream.operate.quarantine.find import LocatedItem
from kpr_stream.operate.units import agreements, listing, state, successions
from kpr_stream.operate.units.successions import DoubleReport
from tests.support.commands_of_cli import COMMANDS

UNIT = "974760673"
VISMA = ("--system", "visma-hspro")
WHY = ("--reason", "The unit asks.")
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
AT = datetime(2026, 11, 28, 19, 0, 0, 900_000, tzinfo=UTC)
STATE: dict[str, Any] = UnitState(
    org_nr=UNIT, system=System.VISMA_HSPRO, municipality_code="0301", next_sequence=3
).to_record() | {"last_delivery_at": NEVER}
BLOCKED = STATE | {"blocked_since": AT, "blocked_reason": "NO_AGREEMENT"}
ITEM = {
    "quarantine_id": "0" * 32,
    "org_nr": UNIT,
    "system": "visma-hspro",
    "software_version": "7.1",
    "findings": [{"rule": "START_MISSING", "pointer": "/start"}],
}
DOUBLE = DoubleReport(
    key="0" * 32,
    org_nr=UNIT,
    system=System.VISMA_HSPRO,
    lane=0,
    offset=1,
    winner_key="1" * 32,
    winner_org_nr="983658776",
)
Run = Callable[..., tuple[int, str, str]]
"""Runs a command: exit code, standard output, standard error."""


@pytest.fixture
def sent() -> list[Any]:
    """Return what was sent to lanes."""
    return []


@pytest.fixture
def unit() -> dict[str, Any]:
    """Return the state that the topics have of the unit."""
    return dict(STATE)


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    sent: list[Any],
    unit: dict[str, Any],
) -> Run:
    """Run commands over topics and tables that hold one unit."""

    async def newest(*_: Any, **__: Any) -> list[dict[str, Any]]:
        return [unit]

    async def states(*_: Any) -> list[dict[str, Any]]:
        return [ITEM]

    async def items(*_: Any) -> list[LocatedItem]:
        return [LocatedItem(0, 7, ITEM)]

    async def doubles(*_: Any) -> list[DoubleReport]:
        return [DOUBLE]

    def send(requests: Sequence[Any], **_: Any) -> list[dict[str, Any]]:
        sent.extend(requests)
        answer: dict[str, Any] = {"status": "done", "code": None, "detail": None, "counts": {}}
        return [answer | {"lane": request.lane} for request in requests]

    for module in (agreements, listing, state):
        monkeypatch.setattr(module, "newest", newest)
    monkeypatch.setattr(find, "find_states", states)
    monkeypatch.setattr(find, "find_items", items)
    monkeypatch.setattr(successions, "find_double_reports", doubles)
    for name in ("send_command", "quarantine"):
        monkeypatch.setattr(f"kpr_stream.cli.{name}.send", send)
    monkeypatch.setenv("KPR_KAFKA_BOOTSTRAP", "127.0.0.1:1")
    monkeypatch.setenv("KPR_KAFKA_PASSWORD", "none")

    def run_here(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["kpr-stream", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run_here


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_json(path: tuple[str, ...]) -> None:
    options = [option for one in COMMANDS[path].params for option in one.opts]
    assert "--json" in options


def test_a_list_is_on_standard_output_and_beside_json_on_standard_error(run: Run) -> None:
    line = f"{UNIT} visma-hspro: no agreement; last delivery never\n"
    assert run("registry", "list") == (0, line, "")
    code, out, err = run("registry", "list", "--json")
    assert (code, err) == (0, line)
    assert json.loads(out)["agreements"][0]["last_delivery_at"] is None


def test_a_listed_unit_says_what_is_the_matter(run: Run, unit: dict[str, Any]) -> None:
    unit.update(BLOCKED, gaps=[{"first": 1, "last": 2, "since": AT}])
    line = (
        f"{UNIT} visma-hspro: blocked since 2026-11-28T19:00:00Z: NO_AGREEMENT; "
        "2 deliveries missing; last delivery never\n"
    )
    assert run("unit", "list", "--blocked") == (0, line, "")
    assert run("unit", "list", "--gaps", "--silent") == (0, line, "")
    assert run("unit", "list", "--paused") == (0, "No unit is listed.\n", "")
    code, out, _ = run("unit", "list", "--json")
    (one,) = json.loads(out)["units"]
    assert (code, one["concerns"]) == (0, ["blocked", "gaps"])


def test_times_in_json_are_utc_in_one_form() -> None:
    assert plain({"at": [AT], "day": AT.date()}) == {
        "at": ["2026-11-28T19:00:00Z"],
        "day": "2026-11-28",
    }


BULK = [
    ("quarantine", "discard", "--unit", UNIT),
    ("quarantine", "replay", "--rule", "START_MISSING"),
    ("unit", "unblock", UNIT, *VISMA, "--skip-to", "9"),
    ("across", "mark"),
]


@pytest.mark.parametrize("command", BULK, ids=lambda words: " ".join(words[:2]))
def test_an_act_that_stays_is_shown_and_not_done_without_an_answer(
    run: Run, sent: list[Any], command: tuple[str, ...]
) -> None:
    code, _, err = run(*command, *WHY)
    assert (code, sent) == (2, [])
    assert "cannot be undone" in err
    assert "run it with --yes" in err
    assert UNIT in err


@pytest.mark.parametrize("command", BULK, ids=lambda words: " ".join(words[:2]))
def test_a_script_says_yes(run: Run, sent: list[Any], command: tuple[str, ...]) -> None:
    code, _, _ = run(*command, *WHY, "--yes")
    assert (code, len(sent)) == (0, 1)


@pytest.mark.parametrize("command", BULK, ids=lambda words: " ".join(words[:2]))
@pytest.mark.parametrize("more", [(), ("--yes",), ("--json",)])
def test_a_dry_run_shows_and_does_nothing(
    run: Run, sent: list[Any], command: tuple[str, ...], more: tuple[str, ...]
) -> None:
    code, out, _ = run(*command, *WHY, "--dry-run", *more)
    assert (code, sent) == (0, [])
    if "--json" in more:
        assert json.loads(out)["dry_run"] is True
    else:
        assert "Nothing was changed (dry run)." in out


@pytest.mark.parametrize("answer", [True, False])
def test_at_a_terminal_the_answer_decides(
    run: Run, sent: list[Any], monkeypatch: pytest.MonkeyPatch, *, answer: bool
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.confirm", lambda *_, **__: answer)
    code, _, _ = run(*BULK[0], *WHY)
    assert (code, len(sent)) == ((0, 1) if answer else (1, 0))


@pytest.mark.parametrize(
    ("blocked", "skip_to", "asked"),
    [(True, 4, False), (True, 5, True), (False, 4, True), (True, 3, False), (True, 2, False)],
)
def test_a_skip_beyond_the_refused_delivery_asks(
    run: Run, sent: list[Any], unit: dict[str, Any], *, blocked: bool, skip_to: int, asked: bool
) -> None:
    unit.update(BLOCKED if blocked else STATE)
    code, _, err = run("unit", "unblock", UNIT, *VISMA, "--skip-to", str(skip_to), *WHY)
    assert (code, len(sent)) == ((2, 0) if asked else (0, 1)), err


def test_the_end_of_a_pause_of_a_blocked_unit_is_no_success(
    run: Run, sent: list[Any], unit: dict[str, Any]
) -> None:
    assert run("unit", "resume", UNIT, *VISMA, *WHY)[0] == 0
    unit.update(BLOCKED)
    code, _, err = run("unit", "resume", UNIT, *VISMA, *WHY)
    assert (code, len(sent)) == (1, 2)
    assert "blocked since 2026-11-28T19:00:00Z: NO_AGREEMENT" in err
    assert "unit unblock" in err


def test_an_item_that_is_named_by_id_is_discarded_without_a_question(
    run: Run, sent: list[Any]
) -> None:
    code, _, _ = run("quarantine", "discard", "0" * 32, *WHY)
    assert (code, len(sent)) == (0, 1)
