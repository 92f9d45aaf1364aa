"""``kpr-stream quarantine``: rejected items: list, show, replay, discard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from kpr_stream.cli.command_options import WITHIN_S, By, Json, Reason, Within, requester
from kpr_stream.cli.confirm import DryRun, Yes, confirm, only_shown
from kpr_stream.cli.report import people, plain, print_json
from kpr_stream.cli.send_command import new_id, report_results, send, send_to_unit

if TYPE_CHECKING:
    from kpr_stream.operate.quarantine.item import ItemFilter
    from kpr_stream.operate.request import Requester
    from kpr_stream.settings import Settings

_Ids = Annotated[list[str] | None, typer.Argument(help="Quarantine ids, from `quarantine list`.")]
_Unit = Annotated[str | None, typer.Option("--unit", help="Only of this unit (org number).")]
_System = Annotated[str | None, typer.Option("--system", help="Only of this EPJ system.")]
_Version = Annotated[str | None, typer.Option("--version", help="Only of this software_version.")]
_Rule = Annotated[str | None, typer.Option("--rule", help="Only items that broke this rule.")]
_Since = Annotated[str | None, typer.Option("--since", help="Only since this date (YYYY-MM-DD).")]
SHOWN = 50
"""Items that ``list`` prints one by one; ``--json`` prints all."""


def build_quarantine_cli() -> typer.Typer:
    """Build the group of commands."""
    cli = typer.Typer(no_args_is_help=True, help="List, show, replay and discard rejected items.")
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
    """List rejected items by unit, version and rule.

    Prints no content of any item.

    Example: kpr-stream quarantine list --rule START_MISSING
    """
    import asyncio

    from kpr_stream.model.utc_time import utc_time
    from kpr_stream.operate.quarantine.find import find_states, rejecting_rules
    from kpr_stream.operate.quarantine.item import count_items, split_rules
    from kpr_stream.settings import Settings

    settings = Settings()
    wanted = _filter(unit=unit, system=system, version=version, rule=rule, since=since, state=state)
    found = asyncio.run(find_states(settings, wanted))
    rejecting = rejecting_rules(settings)
    if as_json:
        print_json({"items": plain(found)})
    out = people(as_json)
    for row in count_items(found, rejecting):
        out.print(_counted(row), highlight=False)
    for item in found[:SHOWN]:
        why, others = split_rules(item["rules"], rejecting)
        also = f" (other findings: {', '.join(others)})" if others else ""
        out.print(
            f"  {item['quarantine_id']} {item['state']} since {utc_time(item['since'])} "
            f"{item['org_nr']} sequence {item['sequence']} item {item['item_index']}: "
            f"{', '.join(why)}{also}",
            highlight=False,
        )
    if len(found) > SHOWN:
        out.print(f"  … and {len(found) - SHOWN} more: see --json.", highlight=False)
    if not found:
        out.print("No item in quarantine matches.")


def show(
    quarantine_id: Annotated[str, typer.Argument(help="From `quarantine list`.")],
    reason: Reason,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Decrypt one item and print it: ids and health values.

    The audit log records account, time and reason before the item is decrypted.
    If the log does not answer, nothing is shown. The item is JSON also without
    --json, an indented one.

    Example: kpr-stream quarantine show 612c03e765333651f9af3ec840f90225 --reason "Vendor's ticket 4711"
    """  # noqa: E501 - an example is one line
    import asyncio

    from kpr_stream.cli.arguments import parse_quarantine_id
    from kpr_stream.keys.access import keyring
    from kpr_stream.operate.quarantine.find import find_items
    from kpr_stream.operate.quarantine.item import decrypt_item
    from kpr_stream.settings import Settings

    settings, reader = Settings(), requester(by, reason)
    quarantine_id = parse_quarantine_id(quarantine_id)
    ring = keyring(settings)
    (found,) = asyncio.run(find_items(settings, [quarantine_id]))
    send_to_unit(
        "look",
        *(found.item["org_nr"], found.item["system"], reader.account, reader.reason),
        within_s=within,
        progress=True,
        arguments={"quarantine_id": quarantine_id},
    )
    print_json(plain(decrypt_item(found.item, ring.quarantine)), indent=None if as_json else 2)


def replay(
    reason: Reason,
    ids: _Ids = None,
    unit: _Unit = None,
    system: _System = None,
    version: _Version = None,
    rule: _Rule = None,
    since: _Since = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Judge items again by the rules and reservations of today.

    Name items by id, or all open items that match the options. Items that are no
    longer rejected are received, and their unit gets a receipt. Items that are
    not named by id are counted first, and you are asked.

    Example: kpr-stream quarantine replay --rule START_MISSING --version 7.1 --reason "Rule 12 was wrong"
    """  # noqa: E501 - an example is one line
    wanted = _filter(unit=unit, system=system, version=version, rule=rule, since=since)
    act = _Act("replay-items", requester(by, reason), yes, dry_run, within, as_json)
    _carry_out(act, ids, wanted)


def discard(
    reason: Reason,
    ids: _Ids = None,
    unit: _Unit = None,
    system: _System = None,
    version: _Version = None,
    rule: _Rule = None,
    since: _Since = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Close items permanently: they are not judged again.

    They stay in quarantine, encrypted, as long as other items do. Their outcome
    stays rejected. Items that are not named by id are counted first, and you are
    asked.

    Example: kpr-stream quarantine discard 612c03e765333651f9af3ec840f90225 --reason "Test item, says the unit"
    """  # noqa: E501 - an example is one line
    wanted = _filter(unit=unit, system=system, version=version, rule=rule, since=since)
    act = _Act("discard", requester(by, reason), yes, dry_run, within, as_json)
    _carry_out(act, ids, wanted)


class _Act(NamedTuple):
    """What is to be done with items, and how."""

    kind: str
    who_asks: Requester
    yes: bool
    dry_run: bool
    within_s: float
    as_json: bool


def _carry_out(act: _Act, ids: list[str] | None, wanted: ItemFilter) -> None:
    import asyncio
    import itertools

    from kpr_stream.cli.arguments import parse_quarantine_id
    from kpr_stream.model.command import CommandKind
    from kpr_stream.operate.quarantine.find import find_items, make_requests, rejecting_rules
    from kpr_stream.operate.quarantine.item import as_state, count_items
    from kpr_stream.settings import Settings

    settings = Settings()
    named = [parse_quarantine_id(one) for one in ids or ()]
    chosen = named or asyncio.run(_open_ids(settings, wanted))
    found = asyncio.run(find_items(settings, set(chosen))) if chosen else []
    # The operator who names every item by id has seen the list.
    if act.dry_run or not named:
        rows = count_items((as_state(one.item) for one in found), rejecting_rules(settings))
        shown = {"act": act.kind, "items": len(found), "counts": rows}
        lines = [*map(_counted, rows), f"{len(found)} items would be {_DONE[act.kind]}."]
        if only_shown(lines, shown, dry_run=act.dry_run, as_json=act.as_json):
            return
    if not found:
        people(act.as_json).print("Nothing to do: no open item matches.")
        report_results([], as_json=act.as_json)
        return
    if not named:
        confirm(f"{len(found)} items: {_QUESTION[act.kind]}", yes=act.yes)
    fresh = (new_id() for _ in itertools.count())
    requests = make_requests(CommandKind(act.kind), act.who_asks, found, fresh)
    report_results(send(requests, within_s=act.within_s), as_json=act.as_json)


_DONE = {"discard": "discarded", "replay-items": "judged again"}
_QUESTION = {"discard": "discard them?", "replay-items": "judge them again?"}


def _counted(row: dict[str, Any]) -> str:
    return (
        f"{row['items']:>7} {row['org_nr']} {row['system']} {row['software_version']} {row['rule']}"
    )


async def _open_ids(settings: Settings, wanted: ItemFilter) -> list[str]:
    from kpr_stream.errors import UsageError
    from kpr_stream.model.topics import Role
    from kpr_stream.operate.quarantine.find import find_states

    if wanted == type(wanted)():
        raise UsageError(
            "No item is named.",
            what_to_do="Name ids, or choose items with --unit, --system, --version, --rule or "
            "--since.",
        )
    found: list[Any] = await find_states(settings, wanted, Role.TOOLS)
    return [state["quarantine_id"] for state in found]


def _filter(
    *,
    unit: str | None,
    system: str | None,
    version: str | None,
    rule: str | None,
    since: str | None,
    state: str = "open",
) -> ItemFilter:
    from datetime import UTC, datetime

    from kpr_stream.cli.arguments import parse_unit
    from kpr_stream.errors import UsageError
    from kpr_stream.model.quarantine import ItemState
    from kpr_stream.model.words import system_named
    from kpr_stream.operate.quarantine.item import ItemFilter

    try:
        day = datetime.fromisoformat(since).replace(tzinfo=UTC) if since else None
        which = None if state == "all" else ItemState(state)
    except ValueError:
        raise UsageError(
            "A date or a state is not valid.",
            what_to_do=f"Dates are YYYY-MM-DD; states are {', '.join(ItemState)} and all.",
        ) from None
    return ItemFilter(
        org_nr=parse_unit(unit) if unit else None,
        system=system_named(system).value if system else None,
        software_version=version,
        rule=rule,
        since=day,
        state=which,
    )
