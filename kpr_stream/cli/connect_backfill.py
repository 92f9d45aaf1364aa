"""``kpr-stream connect backfill``: send a unit's history, month by month."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kpr_stream.cli.command_options import Json
from kpr_stream.cli.connect_status import System

if TYPE_CHECKING:
    from kpr_stream.connectors.backfill.progress import BackfillState


def backfill(
    folder: Annotated[Path, typer.Argument(help="The folder that the EPJ exports to.")],
    system: System,
    first: Annotated[
        str, typer.Option("--from", metavar="YYYY-MM", help="First month of the history.")
    ],
    last: Annotated[
        str | None,
        typer.Option("--to", metavar="YYYY-MM", help="Last month; default the month before this."),
    ] = None,
    most_items_per_s: Annotated[
        float | None,
        typer.Option(
            "--items-per-second", min=0.1, help="Send no more of the history, on average."
        ),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Then follow the folder, until stopped.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Send the history in a folder month by month, oldest first.

    Newer files of the folder are live: they go first, also while the history is
    sent. Shows every 10 s how far it is, its rate and the time that is left; with
    `--json` as one JSON object a line on standard error. Waits for a broker or a
    worker that is away. Run again to resume.

    Exit codes: as `connect send`.

    Example: kpr-stream connect backfill exports --system eg-infodoc --from 2017-01
    """
    from datetime import UTC, datetime

    from kpr_stream.cli.connect import run_job
    from kpr_stream.connectors.backfill.months import history_of
    from kpr_stream.connectors.run import Job
    from kpr_stream.model.words import system_named

    job = Job(
        folder=folder,
        system=system_named(system),
        follow=follow,
        history=history_of(first, last, today=datetime.now(UTC).date()),
        most_items_per_s=most_items_per_s,
    )
    run_job(job, serve=False, as_json=as_json, on_backfill=_as_line if as_json else _as_text)


def _as_line(state: BackfillState) -> None:
    typer.echo(json.dumps(state.as_json()), err=True)


def _as_text(state: BackfillState) -> None:
    from kpr_stream.cli.report import console

    console.print(state.as_text(), highlight=False, markup=False)
