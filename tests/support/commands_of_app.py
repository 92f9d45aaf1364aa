"""Every command of the command line, found in the app itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from kpr_stream.cli.app import build_cli


def command_paths() -> list[str]:
    """Return the words of every command, for example ``quarantine replay``; no groups."""
    return list(_leaves(typer.main.get_command(build_cli())))


def _leaves(command: Any, *path: str) -> Iterator[str]:
    subcommands = getattr(command, "commands", None)
    if subcommands is None:
        yield " ".join(path)
    for name, one in (subcommands or {}).items():
        yield from _leaves(one, *path, name)
