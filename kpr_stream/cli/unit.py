"""``kpr-stream unit``: list units, show the state of one; pause, resume and unblock it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kpr_stream.cli.command_options import WITHIN_S, By, Json, Reason, Within
from kpr_stream.cli.confirm import DryRun, Yes, confirm, only_shown
from kpr_stream.cli.report import console, people, plain, print_json
from kpr_stream.cli.send_command import send_to_unit

if TYPE_CHECKING:
    from rich.console import Console

_OrgNr = Annotated[str, typer.Argument(help="The unit's org number.")]
_System = Annotated[str, typer.Option("--system", help="EPJ system, for example visma-hspro.")]
LAST_COMMANDS = 10
"""Commands that ``show`` prints; the audit log (kpr.hst.command-result) has all of them."""


def build_unit_cli() -> typer.Typer:
    """Build the group of commands."""
    cli = typer.Typer(no_args_is_help=True, help="List and show units; pause and unblock one.")
    cli.command("list")(list_units)
    cli.command()(show)
    cli.command()(pause)
    cli.command()(resume)
    cli.command()(unblock)
    return cli


def list_units(
    blocked: Annotated[bool, typer.Option("--blocked", help="A delivery was refused.")] = False,
    silent: Annotated[bool, typer.Option("--silent", help="A delivery is overdue.")] = False,
    gaps: Annotated[bool, typer.Option("--gaps", help="Skipped deliveries have not come.")] = False,
    paused: Annotated[bool, typer.Option("--paused", help="Silence is expected today.")] = False,
    as_json: Json = False,
) -> None:
    """List units by system: all, or those of any option given.

    A delivery is overdue at 10:00 in Norway on the next working day. A unit
    with an agreement is listed before its first delivery too.

    Example: kpr-stream unit list --silent --blocked
    """
    import asyncio
    from datetime import UTC, datetime

    from kpr_stream.operate.summary import describe_listed_unit
    from kpr_stream.operate.units import listing
    from kpr_stream.settings import Settings

    options = dict(zip(listing.Concern, (blocked, silent, gaps, paused), strict=True))
    wanted = {concern for concern, given in options.items() if given}
    found = asyncio.run(listing.list_units(Settings(), wanted, now=datetime.now(UTC)))
    if as_json:
        print_json({"units": plain(found)})
    out = people(as_json)
    for one in found:
        out.print(describe_listed_unit(one), highlight=False, markup=False)
    if not found:
        out.print("No unit is listed.")


def show(org_nr: _OrgNr, as_json: Json = False) -> None:
    """Show the state of a unit, by system.

    Next sequence, block and its cause, gaps, pause, agreement, open items in
    quarantine, the last commands, and contacts to call.

    Example: kpr-stream unit show 974760673
    """
    import asyncio

    from kpr_stream.cli.arguments import parse_unit
    from kpr_stream.operate.summary import describe_commands
    from kpr_stream.operate.units.report import unit_report
    from kpr_stream.settings import Settings

    report = asyncio.run(unit_report(Settings(), parse_unit(org_nr)))
    if as_json:
        print_json(plain(report))
    out = people(as_json)
    if not report["systems"]:
        out.print(f"Nothing is known of unit {org_nr}.", highlight=False)
        raise typer.Exit(1)
    for one in report["systems"]:
        _report(one, out)
    if report["contacts_unknown"]:
        out.print(f"  contacts are not known: {report['contacts_unknown']}", highlight=False)
    elif not report["contacts"]:
        out.print("  no contact is registered: store one with `registry contact`", highlight=False)
    for contact in report["contacts"]:
        reached = ", ".join(contact[n] for n in ("phone", "email", "hours") if contact[n])
        out.print(
            f"  call {contact['party']}: {contact['name']} ({reached})",
            highlight=False,
            markup=False,
        )
    for line in describe_commands(report["acts"])[-LAST_COMMANDS:]:
        out.print(f"  {line}", highlight=False, markup=False)


def pause(
    org_nr: _OrgNr,
    system: _System,
    reason: Reason,
    until: Annotated[
        str | None, typer.Option(help="Last date (YYYY-MM-DD); unset: until `unit resume`.")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="First date (YYYY-MM-DD); unset: today.")
    ] = None,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Register a planned pause: the unit's silence is expected.

    Deliveries during the pause are processed as usual.

    Example: kpr-stream unit pause 974760673 --system visma-hspro --until 2026-08-15 --reason "Summer closing"
    """  # noqa: E501 - an example is one line
    send_to_unit(
        "pause",
        *(org_nr, system, by, reason),
        within_s=within,
        as_json=as_json,
        arguments={"from": start, "until": until},
    )


def resume(
    org_nr: _OrgNr,
    system: _System,
    reason: Reason,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """End a pause.

    Exit code 1: the unit is blocked. The end of a pause does not unblock it: see
    `unit unblock`.

    Example: kpr-stream unit resume 974760673 --system visma-hspro --reason "Open again"
    """
    from kpr_stream.operate.units.state import describe_block

    send_to_unit("resume", *(org_nr, system, by, reason), within_s=within, as_json=as_json)
    state = _state(org_nr, system)
    if state is not None and state["blocked_since"] is not None:
        console.print(f"{describe_block(state)} No pause causes this.", highlight=False)
        console.print("  → When the cause is fixed: `kpr-stream unit unblock`.", highlight=False)
        raise typer.Exit(1)


def unblock(
    org_nr: _OrgNr,
    system: _System,
    reason: Reason,
    skip_to: Annotated[
        int | None,
        typer.Option(
            min=2,
            help="Continue here; earlier deliveries stay a gap until sent.",
        ),
    ] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Unblock a unit whose cause is fixed.

    No delivery is skipped unless --skip-to says so, and skipped ones stay visible
    as a gap. Asks before it skips more than the one refused delivery.

    Example: kpr-stream unit unblock 974760673 --system visma-hspro --reason "Key was renewed"
    """
    to = None if skip_to is None else str(skip_to)
    if (dry_run or skip_to) and _shown_or_asked(
        org_nr, system, skip_to or 0, yes=yes, dry_run=dry_run, as_json=as_json
    ):
        return
    send_to_unit(
        "unblock",
        org_nr,
        system,
        by,
        reason,
        within_s=within,
        as_json=as_json,
        arguments={"skip_to": to},
    )


def _shown_or_asked(
    org_nr: str, system: str, skip_to: int, *, yes: bool, dry_run: bool, as_json: bool
) -> bool:
    """Show what a skip leaves out; ask if that is more than the refused delivery.

    Returns whether showing was all (a dry run).
    """
    from kpr_stream.operate.units.state import describe_block, is_refused_one, skipped_by

    state = _state(org_nr, system)
    if state is None:
        return only_shown(
            [f"Nothing is known of unit {org_nr} and {system}."],
            {"known": False},
            dry_run=dry_run,
            as_json=as_json,
        )
    first = state["next_sequence"]
    number = skipped_by(state, skip_to)
    lines = [describe_block(state), f"It would resume at sequence {max(first, skip_to)}."]
    if number:
        lines.append(f"{number} deliveries, from {first} to {first + number - 1}, become a gap.")
    found = {"known": True, "blocked_since": state["blocked_since"], "next_sequence": first}
    shown = plain({**found, "skipped": number})
    if only_shown(lines, shown, dry_run=dry_run, as_json=as_json):
        return True
    if number and not is_refused_one(state, skip_to):
        confirm(f"Skip {number} deliveries of {org_nr} {system}?", yes=yes)
    return False


def _state(org_nr: str, system: str) -> dict[str, Any] | None:
    import asyncio

    from kpr_stream.cli.arguments import parse_unit
    from kpr_stream.model.words import system_named
    from kpr_stream.operate.units.state import unit_state
    from kpr_stream.settings import Settings

    return asyncio.run(unit_state(Settings(), parse_unit(org_nr), system_named(system)))


def _report(one: dict[str, Any], out: Console) -> None:
    from kpr_stream.model.utc_time import utc_time
    from kpr_stream.operate.summary import describe_unit, explain_refusal

    state = one["state"]
    out.print(describe_unit(state), highlight=False, markup=False)
    if state["blocked_since"]:
        out.print(
            f"  [bold red]blocked[/] since {utc_time(state['blocked_since'])}: "
            f"{state['blocked_reason']}",
            highlight=False,
        )
        for line in explain_refusal(state["blocked_reason"]):
            out.print(line, highlight=False, markup=False)
    for gap in state["gaps"]:
        out.print(
            f"  [bold red]gap[/] {gap['first']} to {gap['last']}, since {utc_time(gap['since'])}",
            highlight=False,
        )
    for label, name, last in (("paused", "paused", "until"), ("agreement", "agreed", "to")):
        if first := state[f"{name}_from"]:
            until = state[f"{name}_{last}"] or ""
            out.print(f"  {label} {first} – {until}".rstrip(), highlight=False)
    if one["open_quarantine"]:
        out.print(f"  {one['open_quarantine']} items open in quarantine", highlight=False)
