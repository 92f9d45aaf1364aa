"""``kpr-stream registry``: which system may report for which unit; contacts to call."""

from __future__ import annotations

from typing import Annotated

import typer

from kpr_stream.cli.command_options import WITHIN_S, By, Json, Reason, Within, requester
from kpr_stream.cli.report import people, plain, print_json
from kpr_stream.cli.send_command import send_to_unit

_OrgNr = Annotated[str, typer.Argument(help="The unit's org number.")]
_System = Annotated[str, typer.Option("--system", help="EPJ system, for example visma-hspro.")]


def build_registry_cli() -> typer.Typer:
    """Build the group of commands."""
    cli = typer.Typer(no_args_is_help=True, help="Agreements of units, and contacts to call.")
    cli.command("list")(list_agreements)
    cli.command()(agree)
    cli.command()(end)
    cli.command()(contact)
    cli.command("remove-contact")(remove)
    cli.command("mail-addresses")(mail_addresses)
    return cli


def list_agreements(
    system: Annotated[
        str | None, typer.Option("--system", help="Only of this EPJ system; unset: of all.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List agreements, and units that delivered without one.

    Each line shows the first and the last date of the agreement, and the last
    delivery.

    Example: kpr-stream registry list --system visma-hspro
    """
    import asyncio

    from kpr_stream.model.utc_time import or_never
    from kpr_stream.model.words import system_named
    from kpr_stream.operate.units.agreements import agreements
    from kpr_stream.settings import Settings

    only = system_named(system) if system else None
    found = [one for one in asyncio.run(agreements(Settings())) if only in (None, one["system"])]
    if as_json:
        print_json({"agreements": plain(found)})
    out = people(as_json)
    for one in found:
        since, until = one["agreed_from"], one["agreed_to"]
        agreed = f"from {since}{f' to {until}' if until else ''}" if since else "no agreement"
        out.print(
            f"{one['org_nr']} {one['system']}: {agreed}; "
            f"last delivery {or_never(one['last_delivery_at'])}",
            highlight=False,
        )
    if not found:
        out.print("No unit has an agreement or has delivered.")


def agree(
    org_nr: _OrgNr,
    system: _System,
    start: Annotated[str, typer.Option("--from", help="First date (YYYY-MM-DD).")],
    reason: Reason,
    to: Annotated[
        str | None, typer.Option("--to", help="Last date (YYYY-MM-DD); unset: no end.")
    ] = None,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Register that a system may report for a unit from a date.

    A delivery outside the dates of its agreement is refused NO_AGREEMENT. A unit
    without any agreement is accepted, unless KPR_REQUIRE_AGREEMENT is set.

    Example: kpr-stream registry agree 974760673 --system visma-hspro --from 2026-01-01 --reason "Agreement 2026/14"
    """  # noqa: E501 - an example is one line
    send_to_unit(
        "agree",
        *(org_nr, system, by, reason),
        within_s=within,
        as_json=as_json,
        arguments={"from": start, "to": to},
    )


def end(
    org_nr: _OrgNr,
    system: _System,
    to: Annotated[str, typer.Option("--to", help="Last date (YYYY-MM-DD).")],
    reason: Reason,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """End an agreement after a date.

    Reported consultations are kept.

    Example: kpr-stream registry end 974760673 --system visma-hspro --to 2026-06-30 --reason "Change of EPJ"
    """  # noqa: E501 - an example is one line
    send_to_unit(
        "agree", org_nr, system, by, reason, within_s=within, as_json=as_json, arguments={"to": to}
    )


def contact(
    party: Annotated[str, typer.Argument(help="An org number, or the name of an EPJ system.")],
    name: Annotated[str, typer.Option(help="The function that answers, for example Support.")],
    reason: Reason,
    phone: Annotated[str, typer.Option(help="Telephone.")] = "",
    email: Annotated[str, typer.Option(help="E-mail.")] = "",
    hours: Annotated[str, typer.Option(help="When they answer, for example Mon-Fri 8-16.")] = (""),
    by: By = None,
    as_json: Json = False,
) -> None:
    """Store the contact of a unit or of a vendor.

    `kpr-stream unit show` prints it.

    Example: kpr-stream registry contact visma-hspro --name Support --phone 21000000 --hours "Mon-Fri 8-16" --reason "New number"
    """  # noqa: E501 - an example is one line
    import asyncio

    from kpr_stream.cli.arguments import parse_party
    from kpr_stream.operate.units.contacts import keep_contact, make_contact
    from kpr_stream.settings import Settings

    found = make_contact(
        parse_party(party),
        requester(by, reason),
        name=name,
        phone=phone,
        email=email,
        hours=hours,
    )
    asyncio.run(keep_contact(Settings(), found))
    if as_json:
        print_json({"stored": found.party})
    people(as_json).print(f"Stored the contact of {found.party}.", highlight=False)


def remove(
    party: Annotated[str, typer.Argument(help="An org number, or the name of an EPJ system.")],
    reason: Reason,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Remove the contact of a unit or of a vendor.

    The history keeps it, with account and reason. Exit code 1: there was none.

    Example: kpr-stream registry remove-contact visma-hspro --reason "Number is no longer in use"
    """
    import asyncio

    from kpr_stream.cli.arguments import parse_party
    from kpr_stream.operate.units.contacts import remove_contact
    from kpr_stream.settings import Settings

    named = parse_party(party)
    removed = asyncio.run(remove_contact(Settings(), named, requester(by, reason)))
    if as_json:
        print_json({"party": named, "removed": removed})
    out = people(as_json)
    if not removed:
        out.print(f"{named} has no contact.", highlight=False)
        raise typer.Exit(1)
    out.print(f"Removed the contact of {named}.", highlight=False)


def mail_addresses(
    otherwise: Annotated[
        str, typer.Option(help="Address for units and vendors that have none, as the operators'.")
    ],
    as_json: Json = False,
) -> None:
    """Print the contacts' addresses for Alertmanager.

    They are a template of Alertmanager. Write it where alertmanager.yml looks for
    templates, and let Alertmanager reload: alerts about a unit then reach its
    registered contact.

    Example: kpr-stream registry mail-addresses --otherwise drift@example.org
    """
    import asyncio

    from kpr_stream.operate.units.contacts import all_contacts
    from kpr_stream.operate.units.mail_addresses import (
        address_template,
        parse_address,
        usable_addresses,
    )
    from kpr_stream.settings import Settings

    last = parse_address(otherwise)
    contacts = asyncio.run(all_contacts(Settings()))
    found = usable_addresses(contacts)
    without = sorted({one["party"] for one in contacts} - found.keys())
    if as_json:
        print_json({"addresses": found, "without": without})
    else:
        typer.echo(address_template(found, last), nl=False)
    if without:
        people(as_json=True).print(f"Without a usable address: {', '.join(without)}.")
