"""``kpr-stream link``: links between person keys, withdrawn and restored by an operator."""

from __future__ import annotations

from typing import Annotated

import typer

from kpr_stream.cli.acts import WITHIN_S, By, Json, Reason, Within

_Person = Annotated[str, typer.Argument(metavar="PERSON_KEY", help="32 hexadecimal digits.")]
_Other = Annotated[str, typer.Argument(metavar="OTHER_KEY", help="The other person key.")]


def build_link_cli() -> typer.Typer:
    """The group of commands."""
    cli = typer.Typer(
        no_args_is_help=True,
        help="Links between person keys; table identity.identity_link shows them.",
    )
    cli.command()(withdraw)
    cli.command()(restore)
    return cli


def withdraw(
    person_key: _Person,
    other_key: _Other,
    reason: Reason,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Withdraw a link for good, in every lane: no item that names both ids brings it back.

    Example: kpr-stream link withdraw 1595874017a86eee0448e17abd35c7c3 0f69e6c39847dbb048c27fe951d1ddcc --reason "Two persons, says the unit"
    """  # noqa: E501 - an example is one line
    _order("withdraw-link", person_key, other_key, by, reason, within, as_json)


def restore(
    person_key: _Person,
    other_key: _Other,
    reason: Reason,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Let a link stand again that an operator has withdrawn.

    Example: kpr-stream link restore 1595874017a86eee0448e17abd35c7c3 0f69e6c39847dbb048c27fe951d1ddcc --reason "Withdrawn by mistake"
    """  # noqa: E501 - an example is one line
    _order("restore-link", person_key, other_key, by, reason, within, as_json)


def _order(
    kind: str,
    person_key: str,
    other_key: str,
    by: str | None,
    reason: str,
    within: float,
    as_json: bool,
) -> None:
    from kpr_stream.cli.acts import order_every_lane
    from kpr_stream.operate.order import person_key_called

    arguments = {
        "person_key": person_key_called(person_key),
        "other_key": person_key_called(other_key),
    }
    order_every_lane(kind, arguments, by, reason, within, as_json)
