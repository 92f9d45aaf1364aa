"""``kpr-stream analytics``: bring the views for analysts up to date."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from kpr_stream.cli.command_options import Json


def build_analytics_cli() -> typer.Typer:
    """Build the group of commands."""
    cli = typer.Typer(no_args_is_help=True, help="Views for analysts: KPR's four questions.")
    cli.command()(refresh)
    return cli


def refresh(
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day that counts as today. Default: today."),
    ] = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Make everything again, from all rows.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring the schema analytics up to date with the tables of the sinks.

    Works as role kpr_owner, in one transaction. Reads what has changed since the
    last refresh. Run it after the sinks, every night; after `reference load` it
    gives every view the municipalities of today.

    Example: kpr-stream analytics refresh
    """
    import asyncio
    from dataclasses import asdict

    from kpr_stream.analytics.refresh import refresh as refresh_views
    from kpr_stream.cli.report import people, plain, print_json
    from kpr_stream.model.report_deadline import norwegian_date
    from kpr_stream.reference import load_reference
    from kpr_stream.settings import Settings

    settings = Settings()
    reference = load_reference(settings.reference_dir)
    day = as_of.date() if as_of else norwegian_date(datetime.now(UTC))
    done = asyncio.run(refresh_views(settings, reference, as_of=day, rebuild=rebuild))
    if as_json:
        print_json(plain(asdict(done)))
    people(as_json).print(
        f"{'Rebuilt' if done.rebuilt else 'Refreshed'} as of {done.as_of}: "
        f"{done.consultations} consultations, {done.appointments} appointments, "
        f"{done.persons} person keys, {done.places_moved} places.",
        highlight=False,
    )
