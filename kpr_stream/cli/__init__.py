"""The command ``kpr-stream``: one file a command, nothing heavy imported before it is needed."""

from __future__ import annotations

import sys

from kpr_stream.cli.app import build_cli
from kpr_stream.cli.report import print_error
from kpr_stream.errors import KprError


def main() -> None:
    """Run the command; an error of ours becomes a message and an exit code, not a traceback."""
    try:
        build_cli()()
    except KprError as error:
        print_error(error)
        sys.exit(error.exit_code)
