"""``kpr-stream link``: links between person keys; withdraw a link, restore it."""

from __future__ import annotations

from typing import Annotated

import typer

from kpr_stream.cli.command_options import WITHIN_S, By, Json, Reason, Within, requester
from kpr_stream.cli.report import people, plain, print_json
from kpr_stream.cli.send_command import send_to_every_lane

_Key = Annotated[str, typer.Argument(help="Person key, 32 hexadecimal digits.")]
_Other = Annotated[str, typer.Argument(help="The other person key.")]


def build_link_cli() -> typer.Typer:
    """Build the group of commands."""
    cli = typer.Typer(no_args_is_help=True, help="Links between person keys of one person.")
    cli.command()(show)
    cli.command()(withdraw)
    cli.command()(restore)
    return cli


def show(person_key: _Key, as_json: Json = False) -> None:
    """List the links of a person key, with their evidence.

    Also links that were withdrawn. Exit code 1: the key has no link.

    Example: kpr-stream link show 0f69e6c39847dbb048c27fe951d1ddcc
    """
    import asyncio

    from kpr_stream.cli.arguments import parse_person_key
    from kpr_stream.operate.link import links_of
    from kpr_stream.operate.summary import describe_evidence
    from kpr_stream.settings import Settings

    found = asyncio.run(links_of(Settings(), parse_person_key(person_key)))
    if as_json:
        print_json({"links": plain(found)})
    out = people(as_json)
    for one in found:
        state = "live" if one["stands"] else "[bold]withdrawn[/]"
        out.print(f"{one['other_key']} {state}", highlight=False)
        for line in describe_evidence(one["evidence"]):
            out.print(f"  {line}", highlight=False)
    if not found:
        out.print("This key has no links.")
        raise typer.Exit(1)


def withdraw(
    person_key: _Key,
    other_key: _Other,
    reason: Reason,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Withdraw a link: the keys belong to two persons.

    The link stays withdrawn, whatever evidence arrives later.

    Example: kpr-stream link withdraw 0f69e6c39847dbb048c27fe951d1ddcc 1595874017a86eee0448e17abd35c7c3 --reason "Twins, the unit says"
    """  # noqa: E501 - an example is one line
    _change("withdraw-link", (person_key, other_key), by, reason, within_s=within, as_json=as_json)


def restore(
    person_key: _Key,
    other_key: _Other,
    reason: Reason,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Restore a withdrawn link.

    The link is live again if there is evidence for it.

    Example: kpr-stream link restore 0f69e6c39847dbb048c27fe951d1ddcc 1595874017a86eee0448e17abd35c7c3 --reason "Withdrawn by mistake"
    """  # noqa: E501 - an example is one line
    _change("restore-link", (person_key, other_key), by, reason, within_s=within, as_json=as_json)


def _change(
    kind: str,
    keys: tuple[str, str],
    by: str | None,
    reason: str,
    *,
    within_s: float,
    as_json: bool,
) -> None:
    import asyncio

    from kpr_stream.cli.arguments import parse_person_key
    from kpr_stream.errors import UsageError
    from kpr_stream.model.topics import Role
    from kpr_stream.operate.link import links_of
    from kpr_stream.settings import Settings

    requester(by, reason)  # refuse a reason that is not valid before anything is read
    one, other = map(parse_person_key, keys)
    known = asyncio.run(links_of(Settings(), one))
    if other not in {found["other_key"] for found in known}:
        raise UsageError(
            "These two keys were never linked.",
            what_to_do="List the links of a key with `kpr-stream link show`.",
        )
    send_to_every_lane(
        kind,
        {"person_key": one, "other_key": other},
        by,
        reason,
        within_s=within_s,
        as_json=as_json,
        role=Role.PRIVACY,
    )
