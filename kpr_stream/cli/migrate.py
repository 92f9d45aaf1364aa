"""``kpr-stream migrate``: bring the database schema to this release."""

from __future__ import annotations

from typing import Annotated

import typer

from kpr_stream.cli.command_options import Json


def migrate(
    adopt: Annotated[
        bool,
        typer.Option(
            "--adopt",
            help="Mark a database with rows and without a mark as production: they are real.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring the database schema to this release.

    Works as role kpr_owner. Applies each pending file in one transaction; a file
    is applied once. Then loads the reference data, unless the database already
    has that version. Marks a new database as KPR_ENVIRONMENT, and refuses one of
    another environment.

    Example: kpr-stream migrate
    """
    import asyncio

    from kpr_stream.cli.report import answers, print_json
    from kpr_stream.database import migrate as migrations
    from kpr_stream.database.load_reference import load_into_database
    from kpr_stream.reference import load_reference
    from kpr_stream.settings import Settings

    settings = Settings()
    reference = load_reference(settings.reference_dir)
    applied = asyncio.run(migrations.migrate(settings, adopt=adopt))
    loaded = asyncio.run(load_into_database(settings, reference))
    if as_json:
        print_json({"applied": applied, "reference": loaded.version})
    elif applied:
        answers.print(f"Applied {', '.join(applied)}.")
    else:
        answers.print("The database is up to date.")
    if loaded.changed and not as_json:
        answers.print(f"Loaded reference data {loaded.version}.", highlight=False)
