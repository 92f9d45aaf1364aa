"""The command ``kpr-stream``: one file a command.

    app              the list of commands, grouped by reader
    report           prints messages, errors and JSON
    command_options  options of the operator's commands
    send_command     sends commands to lanes and reports the results
    arguments        parses org numbers, keys, dates

A command imports heavy modules when it runs, so that help and completion are fast.
"""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import NoReturn

from pydantic import ValidationError

from kpr_stream.cli.app import build_cli
from kpr_stream.cli.report import print_error
from kpr_stream.errors import ConfigurationError, KprError, unforeseen


def main() -> None:
    """Run the command. An error becomes a message and an exit code, not a traceback."""
    # Without a handler Python prints what aiokafka logs at each attempt to connect. Our own error
    # reports the failure once. Commands that log (worker, sink) add their own handlers.
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())
    try:
        build_cli()()
    except KprError as error:
        end_with(error)
    except ValidationError as invalid:
        end_with(setting_error(invalid))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as cause:  # noqa: BLE001 - the net under every command; a library's panic
        # is no Exception
        end_with(unforeseen("The command", cause))


def setting_error(invalid: ValidationError) -> ConfigurationError:
    """Name the settings that are not valid; never their values, which may be passwords."""
    found = [
        f"KPR_{'_'.join(str(part) for part in error['loc']).upper()}: {error['msg']}"
        for error in invalid.errors(include_input=False, include_url=False, include_context=False)
    ]
    return ConfigurationError(
        f"A setting is not valid: {'; '.join(found)}.",
        what_to_do="See deploy/settings.reference.env for the valid values.",
    )


def end_with(error: KprError) -> NoReturn:
    """Print an error and exit with its code."""
    with suppress(OSError):  # if the disk is full, the exit code alone has to do
        print_error(error)
    sys.exit(error.exit_code)
