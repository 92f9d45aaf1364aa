"""`kpr-stream up`: start the embedded stack."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from kpr_stream.cli.report import console, people, print_json


def up(
    offline: Annotated[
        bool, typer.Option("--offline", help="Download nothing; report what is missing.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the running stack as JSON.")
    ] = False,
) -> None:
    """Start Kafka, PostgreSQL and the schema endpoint here.

    Needs neither Docker nor root. Data is kept under KPR_HOME (.kpr-stream). A
    part whose address is set (KPR_KAFKA_BOOTSTRAP, KPR_POSTGRES_DSN) is not
    started.

    Example: kpr-stream up && kpr-stream status
    """
    from kpr_stream.embedded.start import start_stack
    from kpr_stream.settings import Settings

    state, ran_before = start_stack(
        Settings(), offline=offline, report=lambda text: console.print(f"  {text}")
    )
    out = people(as_json)
    if ran_before:
        out.print(f"The stack in {state.home} is already running.")
    else:
        out.print(f"The stack in {state.home} is running, ready after {state.start_seconds} s.")
    for part, address in state.addresses.items():
        note = " (external)" if part in state.external else ""
        out.print(f"  {part:9} {address}{note}", highlight=False)
    if as_json:
        print_json({**asdict(state), "ran_before": ran_before})
