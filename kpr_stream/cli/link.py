"""``kpr-stream link``: which person keys are linked; withdraw a link, take that back."""

from __future__ import annotations

from typing import Annotated

import typer

from kpr_stream.cli.acts import WITHIN_S, By, Json, Reason, Within
from kpr_stream.cli.report import console, print_json

_Key = Annotated[str, typer.Argument(help="Person key, 32 hexadecimal digits.")]
_Other = Annotated[str, typer.Argument(help="The other one.")]


def build_link_cli() -> typer.Typer:
    """The group of commands."""
    cli = typer.Typer(
        no_args_is_help=True, help="Links between person keys: evidence of one person."
    )
    cli.command()(show)
    cli.command()(withdraw)
    cli.command()(restore)
    return cli


def show(person_key: _Key, as_json: Json = False) -> None:
    """Every key that a person key was ever linked to, whether the link stands, and what says so.

    Example: kpr-stream link show 0f69e6c39847dbb048c27fe951d1ddcc
    """
    import asyncio

    from kpr_stream.cli.acts import plain
    from kpr_stream.operate.link import links_of
    from kpr_stream.operate.request import person_key_called
    from kpr_stream.operate.summary import told_evidence
    from kpr_stream.settings import Settings

    found = asyncio.run(links_of(Settings(), person_key_called(person_key)))
    if as_json:
        print_json({"links": plain(found)})
    for one in found:
        state = "stands" if one["stands"] else "[bold]withdrawn[/]"
        console.print(f"{one['other_key']} {state}", highlight=False)
        for line in told_evidence(one["evidence"]):
            console.print(f"  {line}", highlight=False)
    if not found:
        console.print("It is linked to no other.")
        raise typer.Exit(1)


def withdraw(
    person_key: _Key,
    other_key: _Other,
    reason: Reason,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """A link does not stand, whatever says so now or later: they are two persons.

    Example: kpr-stream link withdraw 0f69e6c39847dbb048c27fe951d1ddcc 1595874017a86eee0448e17abd35c7c3 --reason "Twins, the unit says"
    """  # noqa: E501 - an example is one line
    _order("withdraw-link", person_key, other_key, by, reason, within, as_json)


def restore(
    person_key: _Key,
    other_key: _Other,
    reason: Reason,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Take a withdrawal back: the link stands as far as there is evidence.

    Example: kpr-stream link restore 0f69e6c39847dbb048c27fe951d1ddcc 1595874017a86eee0448e17abd35c7c3 --reason "Withdrawn by mistake"
    """  # noqa: E501 - an example is one line
    _order("restore-link", person_key, other_key, by, reason, within, as_json)


def _order(
    kind: str,
    person_key: str,
    other_key: str,
    by: str | None,
    reason: str,
    within_s: float,
    as_json: bool,
) -> None:
    import asyncio

    from kpr_stream.cli.acts import order_every_lane, who
    from kpr_stream.errors import UsageError
    from kpr_stream.model.topics import Role
    from kpr_stream.operate.link import links_of
    from kpr_stream.operate.request import person_key_called
    from kpr_stream.settings import Settings

    who(by, reason)  # a reason that cannot be is told before anything is read
    one, other = person_key_called(person_key), person_key_called(other_key)
    known = asyncio.run(links_of(Settings(), one))
    if other not in {found["other_key"] for found in known}:
        raise UsageError(
            "These two keys were never linked.",
            what_to_do="See what there is with `kpr-stream link show`.",
        )
    order_every_lane(
        kind,
        {"person_key": one, "other_key": other},
        by,
        reason,
        within_s,
        as_json,
        role=Role.PRIVACY,
    )
