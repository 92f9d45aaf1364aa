"""``kpr-stream across``: what a unit and its successor have both reported."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kpr_stream.cli.command_options import WITHIN_S, By, Json, Reason, Within, requester
from kpr_stream.cli.confirm import DryRun, Yes, confirm, only_shown
from kpr_stream.cli.report import people, print_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kpr_stream.operate.units.successions import DoubleReport


def build_across_cli() -> typer.Typer:
    """Build the group of commands."""
    cli = typer.Typer(
        no_args_is_help=True, help="Consultations under two org numbers after a reform."
    )
    cli.command("succeed")(register)
    cli.command()(forget)
    cli.command("list")(list_found)
    cli.command()(mark)
    cli.command()(unmark)
    return cli


def register(
    old: Annotated[str, typer.Argument(help="The earlier org number.")],
    new: Annotated[str, typer.Argument(help="The org number that replaces it.")],
    since: Annotated[str, typer.Option("--from", help="Date of the change (YYYY-MM-DD).")],
    reason: Reason,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Register that a unit reports under another org number.

    Double reports are searched for only among registered pairs. Registering a
    pair again changes the date.

    Example: kpr-stream across succeed 974760673 983658776 --from 2026-01-01 --reason "Reform 2026"
    """
    import asyncio
    from datetime import date

    from kpr_stream.cli.arguments import parse_date, parse_unit
    from kpr_stream.errors import UsageError
    from kpr_stream.operate.units.successions import register_succession
    from kpr_stream.settings import Settings

    day = date.fromisoformat(parse_date(since, "--from"))
    if parse_unit(old) == parse_unit(new):
        raise UsageError(
            "A unit cannot be its own successor: both org numbers are the same.",
            what_to_do="Name the old number, then the new one.",
        )
    asyncio.run(register_succession(Settings(), old, new, day, requester(by, reason)))
    if as_json:
        print_json({"old": old, "new": new, "since": day.isoformat()})
    out = people(as_json)
    out.print(f"{new} is registered as the successor of {old} since {day}.", highlight=False)


def forget(
    old: Annotated[str, typer.Argument(help="The earlier org number.")],
    new: Annotated[str, typer.Argument(help="The org number registered as its successor.")],
    reason: Reason,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Remove a registered pair of org numbers.

    Records that were marked stay marked: see `unmark`. Exit code 1: the pair was
    not registered.

    Example: kpr-stream across forget 974760673 983658776 --reason "Numbers interchanged"
    """
    import asyncio

    from kpr_stream.cli.arguments import parse_unit
    from kpr_stream.operate.units.successions import forget_succession
    from kpr_stream.settings import Settings

    pair = parse_unit(old), parse_unit(new)
    gone = asyncio.run(forget_succession(Settings(), *pair, requester(by, reason)))
    if as_json:
        print_json({"old": old, "new": new, "removed": gone})
    out = people(as_json)
    if not gone:
        out.print(f"{new} was not registered as the successor of {old}.", highlight=False)
        raise typer.Exit(1)
    out.print(f"{new} is no longer registered as the successor of {old}.", highlight=False)


def list_found(as_json: Json = False) -> None:
    """Count consultations that both numbers have reported.

    Reads the database and changes nothing.

    Example: kpr-stream across list
    """
    import asyncio

    from kpr_stream.operate.units.successions import find_double_reports
    from kpr_stream.settings import Settings

    found = asyncio.run(find_double_reports(Settings()))
    pairs = _pairs(found)
    if as_json:
        print_json(_pairs_as_json(pairs))
    out = people(as_json)
    for line in _pair_lines(pairs):
        out.print(line, highlight=False)
    if not found:
        out.print("Nothing is reported under two numbers.")


def mark(
    reason: Reason,
    yes: Yes = False,
    dry_run: DryRun = False,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Mark the old number's record of all that `list` counts.

    The new number's record remains live. A record that has changed since the
    database received it is left for the next run. Shows the pairs and asks first.
    Run this command every night, with --yes.

    Example: kpr-stream across mark --reason "Reform 2026" --yes
    """
    import asyncio
    import itertools

    from kpr_stream.cli.send_command import new_id, report_results, send
    from kpr_stream.operate.units.successions import find_double_reports, mark_requests
    from kpr_stream.settings import Settings

    who_asks = requester(by, reason)
    found = asyncio.run(find_double_reports(Settings()))
    pairs = _pairs(found)
    if only_shown(_pair_lines(pairs), _pairs_as_json(pairs), dry_run=dry_run, as_json=as_json):
        return
    requests = mark_requests(who_asks, found, (new_id() for _ in itertools.count()))
    if not requests:
        people(as_json).print("Nothing is reported under two numbers.")
        report_results([], as_json=as_json)
        return
    confirm(f"Mark {len(found)} consultations as superseded?", yes=yes)
    report_results(send(requests, within_s=within), as_json=as_json)


def _pairs(found: Iterable[DoubleReport]) -> Counter[tuple[str, str]]:
    return Counter((one.org_nr, one.winner_org_nr) for one in found)


def _pair_lines(pairs: Counter[tuple[str, str]]) -> list[str]:
    return [f"{items:>7} under {old} and {new}" for (old, new), items in sorted(pairs.items())]


def _pairs_as_json(pairs: Counter[tuple[str, str]]) -> dict[str, Any]:
    return {"pairs": [{"old": o, "new": n, "items": k} for (o, n), k in sorted(pairs.items())]}


def unmark(
    key: Annotated[str, typer.Argument(help="consultation_key of the marked record.")],
    org_nr: Annotated[str, typer.Option("--unit", help="Unit of the marked record.")],
    system: Annotated[str, typer.Option("--system", help="EPJ system of the marked record.")],
    offset: Annotated[int, typer.Option(min=0, help="source_offset of the marked row.")],
    reason: Reason,
    dry_run: DryRun = False,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Make one marked consultation live again.

    The person's reservations of today apply to it. Later runs of `mark` leave it
    alone.

    Example: kpr-stream across unmark 0f69e6c39847dbb048c27fe951d1ddcc --unit 974760673 --system visma-hspro --offset 4711 --reason "Two visits"
    """  # noqa: E501 - an example is one line
    import asyncio

    from kpr_stream.cli.arguments import parse_consultation_key, parse_unit
    from kpr_stream.cli.send_command import send_to_unit
    from kpr_stream.model.words import system_named
    from kpr_stream.operate.units.successions import exclude
    from kpr_stream.settings import Settings

    consultation = parse_consultation_key(key)
    parse_unit(org_nr), system_named(system)
    line = f"{consultation} of {org_nr} {system}, at offset {offset}, becomes live again."
    wanted = {"consultation_key": consultation, "org_nr": org_nr, "offset": offset}
    if dry_run and only_shown([line], wanted, dry_run=True, as_json=as_json):
        return
    # Exclude first: the next nightly run would mark the consultation again.
    asyncio.run(exclude(Settings(), consultation, requester(by, reason)))
    send_to_unit(
        "unmark",
        *(org_nr, system, by, reason),
        within_s=within,
        as_json=as_json,
        arguments={"keys": consultation, "offsets": str(offset)},
    )
