"""Asks before an act that cannot be undone: what it would do is shown and counted first."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from kpr_stream.cli.report import console, people, print_json
from kpr_stream.errors import UsageError

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask, as in scripts.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")]


def only_shown(
    lines: Sequence[str], found: Mapping[str, Any], *, dry_run: bool, as_json: bool
) -> bool:
    """Show what would be done; return whether that was all (``dry_run``).

    ``lines`` are for people, ``found`` is the JSON object of a dry run.
    """
    out = people(as_json) if dry_run else console
    if dry_run and as_json:
        print_json({"dry_run": True, **found})
    for line in lines:
        out.print(line, highlight=False, markup=False)
    if dry_run:
        out.print("Nothing was changed (dry run).")
    return dry_run


def confirm(question: str, *, yes: bool) -> None:
    """Ask at the terminal, unless ``yes``; exit code 1 if the answer is no.

    UsageError if nobody can answer: a script says with --yes that it means it.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(
            f"{question} This cannot be undone, and there is no terminal to ask at.",
            what_to_do="Look at it with --dry-run, then run it with --yes.",
        )
    if not typer.confirm(f"{question} This cannot be undone.", err=True):
        console.print("Nothing was changed.")
        raise typer.Exit(1)
