"""``kpr-stream connect``: send an export, and look at what became of it.

``kpr-stream connect FOLDER`` is ``connect send FOLDER``: the form of the first releases stays.
"""

from __future__ import annotations

from typing import Final

import typer

from kpr_stream.cli.connect import connect
from kpr_stream.cli.connect_backfill import backfill
from kpr_stream.cli.connect_errors import errors
from kpr_stream.cli.connect_status import status
from kpr_stream.cli.default_command import group_with_default

SEND: Final = "send"
"""The command that a folder or an option without a command means."""


def build_connect_cli() -> typer.Typer:
    """Build the group of commands."""
    cli = typer.Typer(
        cls=group_with_default(SEND),
        no_args_is_help=True,
        help="Send an EPJ's export, and show what became of it.\n\n"
        "`kpr-stream connect FOLDER --system S` means `connect send`. A folder that\n"
        "is called as a command is written `./status`.\n\n"
        "Example: kpr-stream connect exports/visma-hspro --system visma-hspro",
    )
    cli.command(SEND)(connect)
    cli.command("backfill")(backfill)
    cli.command("status")(status)
    cli.command("errors")(errors)
    return cli
