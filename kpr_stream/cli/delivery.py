"""``kpr-stream delivery``: what became of a delivery."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from kpr_stream.cli.command_options import Json

DAYS: Final = 30
"""A year of receipts is read in minutes; a delivery that is asked about is seldom old."""
MOST_DAYS: Final = 400
"""Receipts are kept no longer."""
_DAY_MS: Final = 86_400_000


def build_delivery_cli() -> typer.Typer:
    """Build the group of commands."""
    cli = typer.Typer(no_args_is_help=True, help="Show what became of a delivery.")
    cli.callback()(_group)
    cli.command()(show)
    return cli


def _group() -> None:
    """Keep ``show`` a word of its own: typer would run an only command as the group."""


def show(
    delivery_id: Annotated[str, typer.Argument(help="UUID of the delivery, as in its receipt.")],
    days: Annotated[
        int, typer.Option(min=1, max=MOST_DAYS, help="Look at receipts of so many days.")
    ] = DAYS,
    as_json: Json = False,
) -> None:
    """Show the answers to a delivery, and its unit now.

    Counts its items in quarantine and names none of them: the receipt names them.
    Exit code 1: no receipt of these days is about it.

    Example: kpr-stream delivery show 5f7a3c9e-0000-4000-8000-00000000000a --days 90
    """
    import asyncio
    import time

    from kpr_stream.cli.arguments import parse_delivery_id
    from kpr_stream.cli.report import people, plain, print_json
    from kpr_stream.operate.delivery import find_delivery
    from kpr_stream.operate.summary import describe_delivery
    from kpr_stream.settings import Settings

    wanted = parse_delivery_id(delivery_id)
    since = round(time.time() * 1000) - days * _DAY_MS
    report = asyncio.run(find_delivery(Settings(), wanted, since_ms=since))
    if as_json:
        print_json({"found": report is not None, **plain(report or {})})
    out = people(as_json)
    if report is None:
        out.print(f"No receipt of the last {days} days is about delivery {wanted}.")
        raise typer.Exit(1)
    for line in describe_delivery(report):
        out.print(line, highlight=False, markup=False)
