"""Every command of the command line, found from the app, with the example of its help text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import typer

from kpr_stream.cli.app import build_cli

# Typer has its own copy of click, whose errors have no public name.
_USAGE: Final[Any] = typer.BadParameter.__mro__[1]
ROOT: Final[Any] = typer.main.get_command(build_cli())
OPERATE: Final = (
    "replay",
    "reenrich",
    "unit",
    "delivery",
    "quarantine",
    "release",
    "registry",
    "across",
    "link",
)
"""First words of the commands that operators use."""


class WrongLineError(Exception):
    """A command line that its own command does not take."""


def walk(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command and group by its words."""
    yield path, command
    for name, one in getattr(command, "commands", {}).items():
        yield from walk(one, *path, name)


ALL: Final = dict(walk(ROOT))
COMMANDS: Final[dict[tuple[str, ...], Any]] = {
    path: one for path, one in ALL.items() if not hasattr(one, "commands")
}


def example(path: tuple[str, ...]) -> str:
    """Return the example of a command's help text."""
    found = re.search(r"^Example: (kpr-stream .*)$", str(COMMANDS[path].help), re.MULTILINE)
    assert found, path
    return found[1]


def parsed(words: list[str]) -> None:
    """Parse a command line, the program's name left out; WrongLineError if it is not valid."""
    command, path = ROOT, "kpr-stream"
    context = ROOT.make_context(path, [], resilient_parsing=True)
    while hasattr(command, "commands"):
        assert words, f"{path} alone is no command"
        assert words[0] in command.commands, f"{path} has no command {words[0]}"
        command, path = command.commands[words[0]], f"{path} {words[0]}"
        words = words[1:]
    try:
        command.make_context(path, list(words), parent=context)
    except _USAGE as error:
        raise WrongLineError(f"{error.format_message()} {error}") from None
