"""``kpr-stream unit``: where a unit stands; pause it, let it go on."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kpr_stream.cli.acts import WITHIN_S, By, Json, Reason, Within, order_about_unit
from kpr_stream.cli.report import console, print_json

_OrgNr = Annotated[str, typer.Argument(help="The unit's org number.")]
_System = Annotated[str, typer.Option("--system", help="EPJ system, for example visma-hspro.")]
LAST_ACTS = 10
"""Acts that ``show`` tells; all of them are on kpr.hst.command-result."""


def build_unit_cli() -> typer.Typer:
    """The group of commands."""
    cli = typer.Typer(no_args_is_help=True, help="Where a unit stands, and what to do about it.")
    cli.command()(show)
    cli.command()(pause)
    cli.command()(resume)
    cli.command()(unblock)
    return cli


def show(org_nr: _OrgNr, as_json: Json = False) -> None:
    """State of a unit, by system: next sequence, blocked or not and why, gaps, pause, agreement,
    open quarantine, the last acts of operators, whom to call.

    Example: kpr-stream unit show 974760673
    """
    import asyncio

    from kpr_stream.cli.acts import plain
    from kpr_stream.operate.request import unit_called
    from kpr_stream.operate.summary import told_acts
    from kpr_stream.operate.units.report import unit_report
    from kpr_stream.settings import Settings

    report = asyncio.run(unit_report(Settings(), unit_called(org_nr)))
    if as_json:
        print_json(plain(report))
    if not report["systems"]:
        console.print(f"Nothing is known of unit {org_nr}.", highlight=False)
        raise typer.Exit(1)
    for one in report["systems"]:
        _tell(one)
    if report["contacts_unknown"]:
        console.print(f"  contacts are not known: {report['contacts_unknown']}", highlight=False)
    for contact in report["contacts"]:
        reached = ", ".join(contact[n] for n in ("phone", "email", "hours") if contact[n])
        console.print(
            f"  call {contact['party']}: {contact['name']} ({reached})",
            highlight=False,
            markup=False,
        )
    for line in told_acts(report["acts"])[-LAST_ACTS:]:
        console.print(f"  {line}", highlight=False, markup=False)


def pause(
    org_nr: _OrgNr,
    system: _System,
    reason: Reason,
    until: Annotated[
        str | None, typer.Option(help="Last date (YYYY-MM-DD); unset: until it is lifted.")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="First date (YYYY-MM-DD); unset: today.")
    ] = None,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """A planned pause: the unit's silence is expected. What it sends is taken as ever.

    Example: kpr-stream unit pause 974760673 --system visma-hspro --until 2026-08-15 --reason "Summer closing"
    """  # noqa: E501 - an example is one line
    order_about_unit(
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
    """Lift a pause.

    Example: kpr-stream unit resume 974760673 --system visma-hspro --reason "Open again"
    """
    order_about_unit("resume", org_nr, system, by, reason, within_s=within, as_json=as_json)


def unblock(
    org_nr: _OrgNr,
    system: _System,
    reason: Reason,
    skip_to: Annotated[
        int | None,
        typer.Option(
            min=2,
            help="Go on at this sequence. What lies before it stays a gap, and red, until it is "
            "delivered after all.",
        ),
    ] = None,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Take the mark of a blocked unit away, once its cause is mended; nothing is skipped silently.

    Example: kpr-stream unit unblock 974760673 --system visma-hspro --reason "Key was renewed"
    """
    to = None if skip_to is None else str(skip_to)
    order_about_unit(
        "unblock",
        org_nr,
        system,
        by,
        reason,
        within_s=within,
        as_json=as_json,
        arguments={"skip_to": to},
    )


def _tell(one: dict[str, Any]) -> None:
    from kpr_stream.operate.summary import moment, told_unit

    state = one["state"]
    console.print(told_unit(state), highlight=False, markup=False)
    if state["blocked_since"]:
        console.print(
            f"  [bold red]blocked[/] since {moment(state['blocked_since'])}: "
            f"{state['blocked_reason']}",
            highlight=False,
        )
    for gap in state["gaps"]:
        console.print(
            f"  [bold red]gap[/] {gap['first']} to {gap['last']}, since {moment(gap['since'])}",
            highlight=False,
        )
    for label, name, last in (("paused", "paused", "until"), ("agreement", "agreed", "to")):
        if first := state[f"{name}_from"]:
            until = state[f"{name}_{last}"] or ""
            console.print(f"  {label} {first} – {until}".rstrip(), highlight=False)
    if one["open_quarantine"]:
        console.print(f"  {one['open_quarantine']} items open in quarantine", highlight=False)
