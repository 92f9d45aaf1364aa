"""``kpr-stream across``: what a unit and its successor have both reported."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer

from kpr_stream.cli.acts import WITHIN_S, By, Json, Reason, Within, order_about_unit
from kpr_stream.cli.report import console, print_json


def build_across_cli() -> typer.Typer:
    """The group of commands."""
    cli = typer.Typer(
        no_args_is_help=True, help="The same consultation under two org numbers after a reform."
    )
    cli.command()(succeed)
    cli.command()(forget)
    cli.command("list")(list_found)
    cli.command()(mark)
    cli.command()(unmark)
    return cli


def succeed(
    old: Annotated[str, typer.Argument(help="The org number that was.")],
    new: Annotated[str, typer.Argument(help="The org number the unit reports under since.")],
    since: Annotated[str, typer.Option("--from", help="Date of the change (YYYY-MM-DD).")],
    reason: Reason,
    by: By = None,
) -> None:
    """Register that a unit goes on under another org number: only such pairs are looked at.

    Example: kpr-stream across succeed 974760673 983658776 --from 2026-01-01 --reason "Reform 2026"
    """
    import asyncio
    from datetime import date

    from kpr_stream.cli.acts import who
    from kpr_stream.errors import UsageError
    from kpr_stream.operate.request import day_called, unit_called
    from kpr_stream.operate.units.successions import succeed as register
    from kpr_stream.settings import Settings

    day = date.fromisoformat(day_called(since, "--from"))
    if unit_called(old) == unit_called(new):
        raise UsageError(
            "A unit cannot succeed itself.", what_to_do="Name the old number, then the new one."
        )
    asyncio.run(register(Settings(), old, new, day, who(by, reason)))
    console.print(f"{new} goes on for {old} since {day}.", highlight=False)


def forget(
    old: Annotated[str, typer.Argument(help="The org number that was.")],
    new: Annotated[str, typer.Argument(help="The one that was registered as its successor.")],
    reason: Reason,
    by: By = None,
) -> None:
    """Take back that a unit goes on under another number. What was marked by it stays marked:
    see `unmark`. Exit code 1: it was not registered.

    Example: kpr-stream across forget 974760673 983658776 --reason "Numbers interchanged"
    """
    import asyncio

    from kpr_stream.cli.acts import who
    from kpr_stream.operate.request import unit_called
    from kpr_stream.operate.units.successions import forget as take_back
    from kpr_stream.settings import Settings

    pair = unit_called(old), unit_called(new)
    if not asyncio.run(take_back(Settings(), *pair, who(by, reason))):
        console.print(f"{new} was not registered as going on for {old}.", highlight=False)
        raise typer.Exit(1)
    console.print(f"{new} does not go on for {old} any more.", highlight=False)


def list_found(as_json: Json = False) -> None:
    """How many consultations both have reported, by unit. Reads the database, changes nothing.

    Example: kpr-stream across list
    """
    import asyncio

    from kpr_stream.operate.units.successions import found_across
    from kpr_stream.settings import Settings

    found = asyncio.run(found_across(Settings()))
    pairs = Counter((one.org_nr, one.winner_org_nr) for one in found)
    if as_json:
        print_json(
            {"pairs": [{"old": o, "new": n, "items": k} for (o, n), k in sorted(pairs.items())]}
        )
    for (old, new), items in sorted(pairs.items()):
        console.print(f"{items:>7} under {old} and {new}", highlight=False)
    if not found:
        console.print("Nothing is reported under two numbers.")


def mark(reason: Reason, by: By = None, within: Within = WITHIN_S, as_json: Json = False) -> None:
    """Mark all that `list` counts: the old number's record gives way to the new one's. What has
    changed since the database saw it is left for the next run. Run it every night.

    Example: kpr-stream across mark --reason "Reform 2026"
    """
    import asyncio
    import itertools

    from kpr_stream.cli.acts import carry_out, new_id, tell, who
    from kpr_stream.operate.units.successions import found_across, marks
    from kpr_stream.settings import Settings

    orderer = who(by, reason)
    found = asyncio.run(found_across(Settings()))
    orders = marks(orderer, found, (new_id() for _ in itertools.count()))
    if not orders:
        console.print("Nothing is reported under two numbers.")
        tell([], as_json=as_json)
        return
    tell(carry_out(orders, within_s=within), as_json=as_json)


def unmark(
    key: Annotated[str, typer.Argument(help="consultation_key of the marker.")],
    org_nr: Annotated[str, typer.Option("--unit", help="The unit it is of.")],
    system: Annotated[str, typer.Option("--system", help="The EPJ system it is of.")],
    offset: Annotated[int, typer.Option(min=0, help="source_offset of the marker's row.")],
    reason: Reason,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Take one mark back: the consultation stands again, as its person's rights are today, and
    `mark` leaves it alone from now on.

    Example: kpr-stream across unmark 0f69e6c39847dbb048c27fe951d1ddcc --unit 974760673 --system visma-hspro --offset 4711 --reason "Two visits"
    """  # noqa: E501 - an example is one line
    import asyncio

    from kpr_stream.cli.acts import who
    from kpr_stream.model.words import system_named
    from kpr_stream.operate.request import consultation_key_called, unit_called
    from kpr_stream.operate.units.successions import keep_apart
    from kpr_stream.settings import Settings

    consultation = consultation_key_called(key)
    unit_called(org_nr), system_named(system)
    # First: a mark that is taken back and not noted would be set again by the next nightly run.
    asyncio.run(keep_apart(Settings(), consultation, who(by, reason)))
    order_about_unit(
        "unmark",
        *(org_nr, system, by, reason),
        within_s=within,
        as_json=as_json,
        arguments={"keys": consultation, "offsets": str(offset)},
    )
