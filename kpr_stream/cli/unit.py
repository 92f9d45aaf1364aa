"""``kpr-stream unit``: the state of a unit; pause, resume and unblock it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kpr_stream.cli.command_options import WITHIN_S, By, Json, Reason, Within
from kpr_stream.cli.report import console, plain, print_json
from kpr_stream.cli.send_command import send_to_unit

_OrgNr = Annotated[str, typer.Argument(help="The unit's org number.")]
_System = Annotated[str, typer.Option("--system", help="EPJ system, for example visma-hspro.")]
LAST_COMMANDS = 10
"""Commands that ``show`` prints; the audit log (kpr.hst.command-result) has all of them."""


def build_unit_cli() -> typer.Typer:
    """Build the group of commands."""
    cli = typer.Typer(no_args_is_help=True, help="Show the state of a unit; pause and unblock it.")
    cli.command()(show)
    cli.command()(pause)
    cli.command()(resume)
    cli.command()(unblock)
    return cli


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
    if not report["systems"]:
        console.print(f"Nothing is known of unit {org_nr}.", highlight=False)
        raise typer.Exit(1)
    for one in report["systems"]:
        _report(one)
    if report["contacts_unknown"]:
        console.print(f"  contacts are not known: {report['contacts_unknown']}", highlight=False)
    for contact in report["contacts"]:
        reached = ", ".join(contact[n] for n in ("phone", "email", "hours") if contact[n])
        console.print(
            f"  call {contact['party']}: {contact['name']} ({reached})",
            highlight=False,
            markup=False,
        )
    for line in describe_commands(report["acts"])[-LAST_COMMANDS:]:
        console.print(f"  {line}", highlight=False, markup=False)


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

    Example: kpr-stream unit resume 974760673 --system visma-hspro --reason "Open again"
    """
    send_to_unit("resume", *(org_nr, system, by, reason), within_s=within, as_json=as_json)


def unblock(
    org_nr: _OrgNr,
    system: _System,
    reason: Reason,
    skip_to: Annotated[
        int | None,
        typer.Option(
            min=2,
            help="Continue at this sequence. Earlier deliveries stay a gap until the unit sends "
            "them.",
        ),
    ] = None,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Unblock a unit whose cause is fixed.

    No delivery is skipped unless --skip-to says so, and skipped ones stay visible
    as a gap.

    Example: kpr-stream unit unblock 974760673 --system visma-hspro --reason "Key was renewed"
    """
    to = None if skip_to is None else str(skip_to)
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


def _report(one: dict[str, Any]) -> None:
    from kpr_stream.operate.summary import describe_time, describe_unit

    state = one["state"]
    console.print(describe_unit(state), highlight=False, markup=False)
    if state["blocked_since"]:
        console.print(
            f"  [bold red]blocked[/] since {describe_time(state['blocked_since'])}: "
            f"{state['blocked_reason']}",
            highlight=False,
        )
    for gap in state["gaps"]:
        console.print(
            f"  [bold red]gap[/] {gap['first']} to {gap['last']}, "
            f"since {describe_time(gap['since'])}",
            highlight=False,
        )
    for label, name, last in (("paused", "paused", "until"), ("agreement", "agreed", "to")):
        if first := state[f"{name}_from"]:
            until = state[f"{name}_{last}"] or ""
            console.print(f"  {label} {first} – {until}".rstrip(), highlight=False)
    if one["open_quarantine"]:
        console.print(f"  {one['open_quarantine']} items open in quarantine", highlight=False)
