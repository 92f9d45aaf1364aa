"""``kpr-stream migrate``: bring the database to this release."""

from __future__ import annotations

from typing import Annotated

import typer


def migrate(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Bring the database to this release, as role kpr_owner.

    Applies what is pending, each file in one transaction; applied files are never applied again.

    Example: kpr-stream migrate
    """
    import asyncio

    from kpr_stream.analytics import migrate as migrations
    from kpr_stream.cli.report import console, print_json
    from kpr_stream.settings import Settings

    applied = asyncio.run(migrations.migrate(Settings()))
    if as_json:
        print_json({"applied": applied})
    elif applied:
        console.print(f"Applied {', '.join(applied)}.")
    else:
        console.print("The database is up to date.")
