"""``kpr-stream quarantine``: rejected items, and what to do about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kpr_stream.cli.acts import WITHIN_S, By, Json, Reason, Within, order_about_unit
from kpr_stream.cli.report import console, print_json

if TYPE_CHECKING:
    from kpr_stream.operate.quarantine.item import Wanted
    from kpr_stream.settings import Settings

_Ids = Annotated[list[str] | None, typer.Argument(help="Quarantine ids, from `quarantine list`.")]
_Unit = Annotated[str | None, typer.Option("--unit", help="Only of this unit (org number).")]
_System = Annotated[str | None, typer.Option("--system", help="Only of this EPJ system.")]
_Version = Annotated[str | None, typer.Option("--version", help="Only of this software_version.")]
_Rule = Annotated[str | None, typer.Option("--rule", help="Only those that broke this rule.")]
_Since = Annotated[str | None, typer.Option("--since", help="Only since this date (YYYY-MM-DD).")]
SHOWN = 50
"""Items that ``list`` tells one by one; ``--json`` has all."""


def build_quarantine_cli() -> typer.Typer:
    """The group of commands."""
    cli = typer.Typer(no_args_is_help=True, help="Rejected items, and what to do about them.")
    cli.command("list")(list_items)
    cli.command()(show)
    cli.command()(replay)
    cli.command()(discard)
    return cli


def list_items(
    unit: _Unit = None,
    system: _System = None,
    version: _Version = None,
    rule: _Rule = None,
    since: _Since = None,
    state: Annotated[str, typer.Option(help="open, replayed, discarded, closed, or all.")] = "open",
    as_json: Json = False,
) -> None:
    """Which items are in quarantine, by unit, version and rule. Tells no content.

    Example: kpr-stream quarantine list --rule START_MISSING
    """
    import asyncio

    from kpr_stream.cli.acts import plain
    from kpr_stream.operate.quarantine.find import rejecting_rules, states
    from kpr_stream.operate.quarantine.item import summary, why_rejected
    from kpr_stream.operate.summary import moment
    from kpr_stream.settings import Settings

    settings = Settings()
    found = asyncio.run(states(settings, _wanted(unit, system, version, rule, since, state)))
    rejecting = rejecting_rules(settings)
    if as_json:
        print_json({"items": plain(found)})
    for row in summary(found, rejecting):
        console.print(
            f"{row['items']:>7} {row['org_nr']} {row['system']} {row['software_version']} "
            f"{row['rule']}",
            highlight=False,
        )
    for item in found[:SHOWN]:
        why, others = why_rejected(item["rules"], rejecting)
        besides = f" (found besides: {', '.join(others)})" if others else ""
        console.print(
            f"  {item['quarantine_id']} {item['state']} since {moment(item['since'])} "
            f"{item['org_nr']} sequence {item['sequence']} item {item['item_index']}: "
            f"{', '.join(why)}{besides}",
            highlight=False,
        )
    if len(found) > SHOWN:
        console.print(f"  … and {len(found) - SHOWN} more: see --json.", highlight=False)
    if not found:
        console.print("Nothing that is in quarantine fits.")


def show(
    quarantine_id: Annotated[str, typer.Argument(help="From `quarantine list`.")],
    reason: Reason,
    by: By = None,
    within: Within = WITHIN_S,
) -> None:
    """Decrypt one item and print it: it holds a person's ids and health. Who looked, when and why
    is logged before anything is decrypted; without the log's answer nothing is shown.

    Example: kpr-stream quarantine show 612c03e765333651f9af3ec840f90225 --reason "Vendor's ticket 4711"
    """  # noqa: E501 - an example is one line
    import asyncio

    from kpr_stream.cli.acts import plain, who
    from kpr_stream.keys.access import keyring
    from kpr_stream.operate.quarantine.find import items
    from kpr_stream.operate.quarantine.item import clear_item
    from kpr_stream.operate.request import quarantine_id_called
    from kpr_stream.settings import Settings

    settings, looks = Settings(), who(by, reason)
    quarantine_id = quarantine_id_called(quarantine_id)
    ring = keyring(settings)
    (found,) = asyncio.run(items(settings, [quarantine_id]))
    order_about_unit(
        "look",
        *(found.item["org_nr"], found.item["system"], looks.account, looks.reason),
        within_s=within,
        as_json=False,
        arguments={"quarantine_id": quarantine_id},
    )
    print_json(plain(clear_item(found.item, ring.quarantine)))


def replay(
    reason: Reason,
    ids: _Ids = None,
    unit: _Unit = None,
    system: _System = None,
    version: _Version = None,
    rule: _Rule = None,
    since: _Since = None,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Have items judged again, by today's rules and reservations: by id, or all open ones that
    the options name. What is no longer rejected is received; its unit gets a receipt.

    Example: kpr-stream quarantine replay --rule START_MISSING --version 7.1 --reason "Rule 12 was wrong"
    """  # noqa: E501 - an example is one line
    wanted = _wanted(unit, system, version, rule, since, "open")
    _order("replay-items", ids, wanted, by, reason, within, as_json)


def discard(
    reason: Reason,
    ids: _Ids = None,
    unit: _Unit = None,
    system: _System = None,
    version: _Version = None,
    rule: _Rule = None,
    since: _Since = None,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Put items aside for good: nothing follows from them. They stay in quarantine, sealed, as
    long as any; their outcome stays rejected.

    Example: kpr-stream quarantine discard 612c03e765333651f9af3ec840f90225 --reason "Test item, says the unit"
    """  # noqa: E501 - an example is one line
    wanted = _wanted(unit, system, version, rule, since, "open")
    _order("discard", ids, wanted, by, reason, within, as_json)


def _order(
    kind: str,
    ids: list[str] | None,
    wanted: Wanted,
    by: str | None,
    reason: str,
    within: float,
    as_json: bool,
) -> None:
    import asyncio
    import itertools

    from kpr_stream.cli.acts import carry_out, new_id, tell, who
    from kpr_stream.model.command import CommandKind
    from kpr_stream.operate.quarantine.find import items, orders
    from kpr_stream.operate.request import quarantine_id_called
    from kpr_stream.settings import Settings

    settings, orderer = Settings(), who(by, reason)
    named = [quarantine_id_called(one) for one in ids or ()]
    chosen = named or asyncio.run(_open_ids(settings, wanted))
    if not chosen:
        console.print("Nothing is meant: no open item fits.")
        tell([], as_json=as_json)
        return
    found = asyncio.run(items(settings, set(chosen)))
    fresh = (new_id() for _ in itertools.count())
    commands = orders(CommandKind(kind), orderer, found, fresh)
    tell(carry_out(commands, within_s=within), as_json=as_json)


async def _open_ids(settings: Settings, wanted: Wanted) -> list[str]:
    from kpr_stream.errors import UsageError
    from kpr_stream.operate.quarantine.find import states

    if wanted == type(wanted)():
        raise UsageError(
            "No item is named.",
            what_to_do="Name ids, or say which are meant: --unit, --system, --version, --rule, "
            "--since.",
        )
    found: list[Any] = await states(settings, wanted)
    return [state["quarantine_id"] for state in found]


def _wanted(
    unit: str | None,
    system: str | None,
    version: str | None,
    rule: str | None,
    since: str | None,
    state: str,
) -> Wanted:
    from datetime import UTC, datetime

    from kpr_stream.errors import UsageError
    from kpr_stream.model.quarantine import ItemState
    from kpr_stream.model.words import system_named
    from kpr_stream.operate.quarantine.item import Wanted
    from kpr_stream.operate.request import unit_called

    try:
        day = datetime.fromisoformat(since).replace(tzinfo=UTC) if since else None
        which = None if state == "all" else ItemState(state)
    except ValueError:
        raise UsageError(
            "A date or a state cannot be read.",
            what_to_do=f"Dates are YYYY-MM-DD; states are {', '.join(ItemState)} and all.",
        ) from None
    return Wanted(
        unit_called(unit) if unit else None,
        system_named(system).value if system else None,
        version,
        rule,
        day,
        which,
    )
