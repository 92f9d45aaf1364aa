"""`kpr-stream down`: stop the embedded stack."""

from __future__ import annotations

from kpr_stream.cli.command_options import Json
from kpr_stream.cli.report import people, print_json


def down(as_json: Json = False) -> None:
    """Stop the embedded stack; its data is kept.

    Exit code 0 also if no stack runs.

    Example: kpr-stream down
    """
    from kpr_stream.embedded.stop import stop_stack
    from kpr_stream.settings import Settings

    settings, out = Settings(), people(as_json)
    ran = stop_stack(settings)
    if as_json:
        print_json({"ran": ran})
    if ran:
        out.print(f"The stack in {settings.home} is stopped; its data is kept.")
    else:
        out.print(f"No stack runs in {settings.home}.")
