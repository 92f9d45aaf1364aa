"""The command ``kpr-stream``: one file a command, nothing heavy imported before it is needed."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import NoReturn

from pydantic import ValidationError

from kpr_stream.cli.app import build_cli
from kpr_stream.cli.report import print_error
from kpr_stream.errors import ConfigurationError, KprError


def main() -> None:
    """Run the command; an error of ours becomes a message and an exit code, not a traceback."""
    # What aiokafka says of each try of it is told once, by our own errors; a command that logs
    # (worker, sink) sets up handlers of its own and has it all the same.
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())
    try:
        build_cli()()
    except KprError as error:
        end_with(error)
    except ValidationError as invalid:
        end_with(setting_error(invalid))


def setting_error(invalid: ValidationError) -> ConfigurationError:
    """Which settings are wrong and how; never what they hold, which may be a password."""
    found = [
        f"KPR_{'_'.join(str(part) for part in error['loc']).upper()}: {error['msg']}"
        for error in invalid.errors(include_input=False, include_url=False, include_context=False)
    ]
    return ConfigurationError(
        f"A setting cannot be used: {'; '.join(found)}.",
        what_to_do="See deploy/settings.reference.env for what each may be.",
    )


def end_with(error: KprError) -> NoReturn:
    """Tell an error and end with its exit code."""
    with suppress(OSError):  # where the disk is full the code alone must tell
        print_error(error)
    sys.exit(error.exit_code)
