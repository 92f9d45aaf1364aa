"""``kpr-stream freeze``: named instants whose rows give the same numbers later."""

from __future__ import annotations

from typing import Annotated

import typer

from kpr_stream.cli.command_options import Json

Name = Annotated[str, typer.Argument(metavar="NAME", help="For example annual-2026.")]


def build_freeze_cli() -> typer.Typer:
    """Build the group of commands."""
    cli = typer.Typer(no_args_is_help=True, help="Rows that give the same numbers later.")
    cli.command()(create)
    cli.command(name="list")(list_)
    cli.command()(drop)
    return cli


def create(
    name: Name,
    purpose: Annotated[
        str, typer.Option("--purpose", help="Why, in words. Kept: never a person's id.")
    ],
    as_json: Json = False,
) -> None:
    """Freeze the analyst's rows as they are now, under a name.

    Later corrections change nothing in analytics.frozen_consultation and
    analytics.frozen_appointment. Erased persons and reserved measures leave a
    freeze too, and are counted. Waits for a refresh that is running.

    Example: kpr-stream freeze create annual-2026 --purpose "Annual report 2026"
    """
    import asyncio

    from kpr_stream.analytics.freeze import create_freeze
    from kpr_stream.analytics.purpose import Purpose
    from kpr_stream.cli.report import people, print_json
    from kpr_stream.settings import Settings

    rows = asyncio.run(create_freeze(Settings(), name, Purpose(purpose)))
    if as_json:
        print_json({"name": name, "rows": rows})
    people(as_json).print(f"Frozen as {name}: {rows} rows.", highlight=False)


def list_(as_json: Json = False) -> None:
    """List the freezes, with what privacy has taken out of each since.

    Example: kpr-stream freeze list --json
    """
    import asyncio
    from dataclasses import asdict

    from rich.markup import escape

    from kpr_stream.analytics.freeze import list_freezes
    from kpr_stream.cli.report import people, plain, print_json
    from kpr_stream.settings import Settings

    freezes = asyncio.run(list_freezes(Settings()))
    if as_json:
        print_json({"freezes": [plain(asdict(one)) for one in freezes]})
    for one in freezes:
        people(as_json).print(
            f"{one.name}: as of {one.as_of}, made {one.created_at:%Y-%m-%d %H:%M} by {one.login}: "
            f"{one.consultations} consultations ({one.consultations_erased} erased since, "
            f"{one.consultations_with_withdrawn_measures} with measures withdrawn since), "
            f"{one.appointments} appointments ({one.appointments_erased} erased since). "
            f"{escape(one.purpose)}",
            highlight=False,
        )
    if not freezes:
        people(as_json).print("No freezes.")


def drop(name: Name, as_json: Json = False) -> None:
    """Drop a freeze, and the rows that no other freeze has.

    Example: kpr-stream freeze drop annual-2026
    """
    import asyncio

    from kpr_stream.analytics.freeze import drop_freeze
    from kpr_stream.cli.report import people, print_json
    from kpr_stream.settings import Settings

    asyncio.run(drop_freeze(Settings(), name))
    if as_json:
        print_json({"dropped": name})
    people(as_json).print(f"Dropped {name}.", highlight=False)
