"""``kpr-stream conformance``: whether a sender does what the contract asks of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kpr_stream.cli.command_options import Json
from kpr_stream.conformance.waits import PATIENCE_S, RESEND_AFTER_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NOT_RUN_EXIT = 75
"""sysexits: a temporary failure; run again."""


def conformance(
    report: Annotated[Path, typer.Option("--report", help="Folder for the report.")],
    system: Annotated[str, typer.Option("--system", help="EPJ system, for example visma-hspro.")],
    command: Annotated[
        list[str] | None,
        typer.Argument(help="Program of the sender, with its arguments, after --."),
    ] = None,
    resend_after: Annotated[
        float, typer.Option(min=1, max=120, help="Seconds the sender waits for a receipt.")
    ] = RESEND_AFTER_S,
    patience: Annotated[
        float, typer.Option(min=5, max=600, help="Longest wait for what must come.")
    ] = PATIENCE_S,
    sign_with: Annotated[
        Path | None, typer.Option("--sign-with", help="The register's Ed25519 key, in PEM.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Judge a sender by what it does on the topic.

    Starts a receiver here, gives the sender orders, plays faults, and writes a
    report as HTML and JSON. Without a program, start the sender by hand: what
    needs it killed is not run. --sign-with writes a certificate, if all passed.
    A run that is stopped or fails has a report too, with what was not run.

    Exit code 1: a required case failed. 75: none failed, and one was not run.

    Example: kpr-stream conformance --system visma-hspro --report out -- java -jar sender.jar
    """
    from kpr_stream.cli.report import console, people, print_json
    from kpr_stream.conformance.cases import CERTIFIED, Grade
    from kpr_stream.conformance.run import Plan, TrialDisplay, run_conformance
    from kpr_stream.model.words import system_named
    from kpr_stream.settings import Settings

    key = None if sign_with is None else _signing_key(sign_with)
    plan = Plan(
        system=system_named(system),
        command=command or (),
        resend_after_s=resend_after,
        patience_s=patience,
    )
    written: list[str] = []

    def show_report(paths: Sequence[Path]) -> None:
        written.extend(map(str, paths))
        console.print(f"Report: {', '.join(written)}", highlight=False, markup=False)

    display = TrialDisplay(
        step=lambda text: console.print(f"• {text}", highlight=False, markup=False),
        by_hand=lambda lines: console.print(
            f"Start the sender now, with:\n{lines}", highlight=False, markup=False
        ),
        written=show_report,
    )
    found = run_conformance(Settings(), plan, display, report)
    certified = found["grade"] in set(CERTIFIED)
    if key is not None and certified:
        written.append(str(_write_certificate(found, key, report)))
    out = people(as_json)
    for one in found["cases"]:
        if one["result"] != "passed":
            out.print(f"{one['result']:8} {one['case']}: {one['en']}", highlight=False)
            for problem in one["problems"][:5]:
                out.print(f"           {problem}", highlight=False, markup=False)
    if found["ended_early"]:
        out.print(f"Ended early: {found['ended_early']}", highlight=False, markup=False)
    counts = ", ".join(f"{n} {word}" for word, n in found["counts"].items())
    out.print(f"{found['grade']}: {counts}. See {', '.join(written)}.", highlight=False)
    if as_json:
        print_json({**_without_records(found), "written": written})
    if not certified:
        raise typer.Exit(NOT_RUN_EXIT if found["grade"] == Grade.INCOMPLETE else 1)


def _without_records(report: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in report.items() if name != "records"}


def _signing_key(path: Path) -> Ed25519PrivateKey:
    from kpr_stream.cli.read_file import read_named_file
    from kpr_stream.conformance.certificate import read_signing_key

    return read_signing_key(read_named_file(path, "the register's Ed25519 key, in PEM"))


def _write_certificate(report: dict[str, Any], key: Ed25519PrivateKey, folder: Path) -> Path:
    from kpr_stream.conformance.certificate import certificate_of, sign
    from kpr_stream.embedded.files import READABLE, write_json

    path = folder / "certificate.json"
    write_json(path, sign(certificate_of(report), key), READABLE)
    return path
