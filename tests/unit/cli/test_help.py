"""Help and shell completion: grouped by reader, short, with an example for every command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from kpr_stream.cli.app import build_cli

COLUMNS = 80
ROOT = typer.main.get_command(build_cli())
PANELS = {
    "Try it": ["demo", "up", "down", "status"],
    "Send": ["check", "sandbox", "conformance", "connect", "rules"],
    "Run": ["migrate", "worker", "projector", "exporter", "probe", "sink"],
    "Operate": [
        *("top", "replay", "reenrich", "unit", "delivery", "quarantine"),
        *("release", "registry", "across", "link"),
        "topics",
    ],
    "Data": [
        *("tail", "report", "dictionary", "analytics", "export", "freeze"),
        *("reference", "simulate"),
    ],
}


def _walk(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command by its words."""
    subcommands = getattr(command, "commands", {})
    yield path, command
    for name, one in subcommands.items():
        yield from _walk(one, *path, name)


ALL = dict(_walk(ROOT))
GROUPS = {path: list(one.commands) for path, one in ALL.items() if hasattr(one, "commands")}
COMMANDS = {path: str(one.help) for path, one in ALL.items() if path not in GROUPS}


def shown(*arguments: str, **environment: str) -> str:
    done = CliRunner().invoke(build_cli(), arguments, env=environment, prog_name="kpr-stream")
    assert done.exit_code == 0, done.output
    return done.output


def help_of(*path: str) -> str:
    return shown(*path, "--help", COLUMNS=str(COLUMNS), TERMINAL_WIDTH=str(COLUMNS))


def rows(text: str) -> dict[str, list[str]]:
    """Rows of every box in a help text, by its title."""
    found: dict[str, list[str]] = {}
    title = ""
    for line in text.splitlines():
        if line.startswith("╭─"):
            title = line.strip("╭─╮ ")
        elif line.startswith("│"):
            found.setdefault(title, []).append(line.strip("│ "))
    return found


def test_the_commands_are_grouped_by_reader() -> None:
    boxes = rows(help_of())
    boxes.pop("Options")
    assert {title: [row.split()[0] for row in lines] for title, lines in boxes.items()} == PANELS


@pytest.mark.parametrize("path", GROUPS, ids=" ".join)
def test_every_command_has_a_summary_that_does_not_wrap(path: tuple[str, ...]) -> None:
    boxes = rows(help_of(*path))
    listed = [row for title in (["Commands"] if path else PANELS) for row in boxes[title]]
    assert sorted(row.split()[0] for row in listed) == sorted(GROUPS[path])
    for row in listed:
        name, _, summary = row.partition(" ")
        assert summary.strip().endswith("."), f"{name}: {summary} is cut off or missing"


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_no_line_of_a_help_text_is_longer_than_the_window(path: tuple[str, ...]) -> None:
    assert [line for line in help_of(*path).splitlines() if len(line) > COLUMNS] == []


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_no_line_of_a_description_is_broken_by_the_window(path: tuple[str, ...]) -> None:
    """Typer keeps the line breaks of a docstring: a longer line would leave a stump behind it."""
    lines = [line for line in COMMANDS[path].splitlines() if not line.startswith("Example: ")]
    assert [line for line in lines if len(line) > COLUMNS - 2] == []


def test_the_commands_are_found() -> None:
    assert ("unit", "show") in COMMANDS
    assert len(COMMANDS) > 30


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(path: tuple[str, ...]) -> None:
    assert f"Example: kpr-stream {' '.join(path)}" in " ".join(help_of(*path).split())


def test_the_command_alone_shows_the_help() -> None:
    done = CliRunner().invoke(build_cli(), [])
    assert "demo" in done.output


def test_completion_can_be_installed_and_shown() -> None:
    options = " ".join(rows(help_of())["Options"])
    assert "--install-completion" in options
    assert "--show-completion" in options


@pytest.mark.parametrize(
    ("typed", "completed"),
    [("kpr-stream wo", ["worker"]), ("kpr-stream unit pa", ["pause"]), ("kpr-stream re", None)],
)
def test_bash_completes_commands(typed: str, completed: list[str] | None) -> None:
    found = shown(
        _KPR_STREAM_COMPLETE="complete_bash",
        COMP_WORDS=typed,
        COMP_CWORD=str(len(typed.split()) - 1),
    ).split()
    assert found == (
        completed or ["replay", "reenrich", "report", "release", "registry", "reference"]
    )


def cells(path: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the lines that each option's or argument's description takes, at 80 columns."""
    found: dict[str, list[str]] = {}
    name = ""
    for title, lines in rows(help_of(*path)).items():
        if title not in {"Options", "Arguments"}:
            continue
        for line in lines:
            begins = re.match(r"(?:\*\s+)?(-*\w[\w-]*)\s", line) if line[:2] != "  " else None
            text = re.split(r"\s{2,}", line)[-1]
            if begins and len(re.split(r"\s{2,}", line.removeprefix("*").strip())) > 1:
                name = begins[1]
            if not re.match(r"\[(required|default)", text):
                found.setdefault(name, []).append(text)
    return found


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_no_description_of_an_option_is_wrapped_twice(path: tuple[str, ...]) -> None:
    assert {name: lines for name, lines in cells(path).items() if len(lines) > 2} == {}


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_no_example_is_wrapped_twice(path: tuple[str, ...]) -> None:
    lines = [line for line in COMMANDS[path].splitlines() if line.startswith("Example: ")]
    assert [line for line in lines if len(line) > 2 * (COLUMNS - 2)] == []


def test_the_lines_of_a_description_are_counted() -> None:
    assert len(cells(("unit", "unblock"))["--reason"]) == 2
