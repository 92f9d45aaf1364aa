"""``kpr-stream connect errors``: items whose current version the receiver found wrong."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kpr_stream.cli.command_options import Json
from kpr_stream.cli.connect_status import System, time_of

if TYPE_CHECKING:
    from kpr_stream.connectors.report.errors import OpenError

MOST_LINES = 200
"""Errors that people are shown; JSON has all of them."""


def errors(
    system: System,
    warnings: Annotated[
        bool, typer.Option("--warnings", help="Also list what cost nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the errors of items that are still open.

    Each is named by its file, the JSON pointer of its item, and its rule.

    An error leaves the list when the item is sent again and taken without it.
    Texts are those of docs/vendor/rules.md. No value and no id is shown.

    Exit code 1: there are errors.

    Example: kpr-stream connect errors --system visma-hspro --json
    """
    from kpr_stream.cli.report import print_json
    from kpr_stream.connectors.report.errors import open_errors
    from kpr_stream.connectors.report.read import read_outbox
    from kpr_stream.connectors.run import outbox_path
    from kpr_stream.model.words import system_named
    from kpr_stream.settings import Settings

    which = system_named(system)
    with read_outbox(outbox_path(Settings(), which)) as outbox:
        found = list(open_errors(outbox, warnings=warnings))
    if as_json:
        print_json({"system": which, "errors": [_as_json(one) for one in found]})
    else:
        _print(found)
    if found:
        raise typer.Exit(1)


def _as_json(one: OpenError) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(one) | {"since": time_of(one.since)}


def _print(found: list[OpenError]) -> None:
    from kpr_stream.cli.report import answers

    for one in islice(found, MOST_LINES):
        answers.print(
            f"{time_of(one.since)} unit {one.org_nr} {one.outcome} {one.rule}: "
            f"{one.file}#{one.place}, field {one.field}",
            highlight=False,
            markup=False,
        )
        for text in (f"{one.text_en} {one.action_en}", f"{one.text_no} {one.action_no}"):
            if text.strip():
                answers.print(f"  {text}", highlight=False, markup=False)
    more = len(found) - MOST_LINES
    answers.print(
        f"{len(found)} errors." + (f" {more} are not shown: use --json." if more > 0 else ""),
        highlight=False,
    )
