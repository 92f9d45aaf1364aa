"""``kpr-stream sandbox``: a receiver on this machine to try an own sender against."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kpr_stream.cli.command_options import Json

if TYPE_CHECKING:
    from kpr_stream.trial_receiver.script import Script
    from kpr_stream.trial_receiver.sent import SentRecord


def sandbox(
    system: Annotated[str, typer.Option("--system", help="EPJ system, for example visma-hspro.")],
    script: Annotated[
        Path | None, typer.Option("--script", help="TOML file of faults to play.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page; 0: any free.")] = 0,
    as_json: Json = False,
) -> None:
    """Try a sender of your own against a receiver here.

    Starts Kafka with your system's login, answers your deliveries as a worker
    does, and shows on a local page what you sent and what was answered. Begins
    empty each time, and takes synthetic persons only. Ends with Ctrl-C.

    Example: kpr-stream sandbox --system visma-hspro --script faults.toml
    """
    from kpr_stream.cli.report import answers, console, people, print_json
    from kpr_stream.model.words import system_named
    from kpr_stream.settings import Settings
    from kpr_stream.trial_receiver.serve import SandboxDisplay, serve_sandbox

    named, faults = system_named(system), read_faults(script)

    def ready(login: dict[str, Any]) -> None:
        if as_json:
            print_json(login)
        out = people(as_json)
        for name, value in login.items():
            out.print(f"{name:25} {value}", highlight=False, markup=False)
        out.print("Send now. Ctrl-C ends the sandbox.", highlight=False)

    def came(sent: SentRecord) -> None:
        reason = f" {sent.reason}" if sent.reason else ""
        answers_or_errors = console if as_json else answers
        answers_or_errors.print(
            f"{sent.number}: unit {sent.org_nr or '-'} sequence {sent.sequence} → "
            f"{sent.status or 'no answer'}{reason} ({sent.fate})",
            highlight=False,
            markup=False,
        )

    display = SandboxDisplay(
        step=lambda text: console.print(f"• {text}", highlight=False), ready=ready, came=came
    )
    serve_sandbox(Settings(), named, faults, display, port=port)


def read_faults(path: Path | None) -> Script:
    """Return the script of a file; an empty one without a file."""
    from kpr_stream.cli.read_file import read_named_file
    from kpr_stream.errors import UsageError
    from kpr_stream.trial_receiver.script import Script, read_script

    if path is None:
        return Script([])
    try:
        return read_script(read_named_file(path, "faults, in TOML").decode("utf-8"))
    except UnicodeDecodeError:
        raise UsageError(
            f"The script {path} is not UTF-8.", what_to_do="Save the file as UTF-8."
        ) from None
