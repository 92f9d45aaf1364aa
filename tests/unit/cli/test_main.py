"""Wrong use of the command: a message and an exit code, never a traceback, never a secret."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from polars.exceptions import PanicException

from kpr_stream.cli import main
from tests.support.deliveries import synthetic_id
from tests.support.poll import HANGING_S

Run = Callable[..., tuple[int | str | None, str]]
"""Runs the command in this process: its exit code, and all that it printed."""


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run commands in this process, with an empty KPR_HOME. An error that escapes is raised."""
    monkeypatch.setenv("KPR_HOME", str(tmp_path))

    def run_here(*arguments: str) -> tuple[int | str | None, str]:
        monkeypatch.setattr(sys, "argv", ["kpr-stream", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capfd.readouterr()
        return ended.value.code, printed.out + printed.err

    return run_here


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kpr_stream", *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=HANGING_S,
    )


@pytest.mark.parametrize("command", ["worker", "sink content", "migrate", "sink verify"])
def test_without_a_stack_or_an_address_it_says_so(command: str, tmp_path: Path) -> None:
    done = run(*command.split(), KPR_HOME=str(tmp_path))
    assert done.returncode == 69
    assert "No embedded stack runs" in done.stderr
    assert "kpr-stream up" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_is_named_and_its_value_is_not_shown() -> None:
    done = run("worker", KPR_ENVIRONMENT="hunter2", KPR_UNIT_WINDOW="many")
    assert done.returncode == 78
    assert "KPR_ENVIRONMENT" in done.stderr
    assert "KPR_UNIT_WINDOW" in done.stderr
    assert "hunter2" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broker_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = run(
        "worker",
        KPR_HOME=str(tmp_path),
        KPR_KAFKA_BOOTSTRAP="127.0.0.1:1",
        KPR_KAFKA_PASSWORD="none",
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stderr


UNIT = "974760673"
WHY = ("--reason", "The unit asks.")
VISMA = ("--system", "visma-hspro")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("unit", "show", "97476067"), "nine digits"),
        (("unit", "show", "974760674"), "control digit"),
        (("unit", "resume", "974760673", "--system", "visma", *WHY), "Name one of visma-hspro"),
        (("unit", "pause", "974760673", *VISMA, "--until", "1.8.2026", *WHY), "value of --until"),
        (("unit", "pause", "974760673", *VISMA, "--from", "2026-02-30", *WHY), "value of --from"),
        (("registry", "agree", "974760674", *VISMA, "--from", "2026-01-01", *WHY), "control digit"),
        (("registry", "end", "974760673", *VISMA, "--to", "soon", *WHY), "value of --to"),
        (("registry", "contact", "visma", "--name", "Support", *WHY), "nine digits"),
        (("unit", "resume", "974760673", *VISMA, "--reason", " "), "needs an account and a reason"),
        (("quarantine", "list", "--state", "shut"), "states are open"),
        (("quarantine", "replay", *WHY), "No item is named"),
        (("replay", "--from", "yesterday", *WHY), "not a valid date or time"),
        (("link", "restore", "974760673", "ab", *WHY), "32 hexadecimal digits"),
        (
            ("across", "succeed", "974760673", "974760673", "--from", "2026-01-01", *WHY),
            "own successor",
        ),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, tuple) else "",
)
def test_a_wrong_argument_is_reported_before_anything_is_sent(
    here: Run, command: tuple[str, ...], message: str
) -> None:
    code, printed = here(*command)
    assert (code, message in " ".join(printed.split())) == (2, True), printed


@pytest.mark.parametrize("place", ["unit", "reason", "by", "link"])
def test_a_persons_number_in_the_wrong_place_is_not_repeated(here: Run, place: str) -> None:
    number = synthetic_id(date(2024, 1, 20))
    command = {
        "unit": ("unit", "show", number),
        "reason": ("unit", "resume", "974760673", *VISMA, "--reason", f"About {number}"),
        "by": ("unit", "resume", "974760673", *VISMA, "--by", number, *WHY),
        "link": ("link", "withdraw", number, number, *WHY),
    }[place]
    code, printed = here(*command)
    assert code == 2
    assert number not in printed


def test_a_broker_that_is_down_is_reported_once() -> None:
    reach = {"KPR_KAFKA_BOOTSTRAP": "127.0.0.1:1", "KPR_KAFKA_USERNAME": "operator"}
    done = run("release", "list", **reach, KPR_KAFKA_PASSWORD="hunter2")
    assert done.returncode == 69
    assert done.stderr.splitlines()[0].startswith("BrokerError Kafka at 127.0.0.1:1 cannot be")


@pytest.mark.parametrize("error", [OverflowError, RecursionError, PanicException])
def test_what_nobody_foresaw_is_a_message_with_type_and_place(
    here: Run, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    number = synthetic_id(date(2024, 1, 20))

    def broken(_: str) -> str:
        raise error(number)

    monkeypatch.setattr("kpr_stream.cli.arguments.parse_unit", broken)
    code, printed = here("unit", "show", UNIT)
    assert code == 70
    assert printed.startswith("UnforeseenError The command failed")
    assert f"{error.__name__} at kpr_stream/" in printed
    assert "Traceback" not in printed
    assert number not in printed
