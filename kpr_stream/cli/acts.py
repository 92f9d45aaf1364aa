"""What commands that act share: who and why, sending, telling the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kpr_stream.cli.report import console, print_json

if TYPE_CHECKING:
    from kpr_stream.model.topics import Role
    from kpr_stream.operate.request import Order, Who

Reason = Annotated[
    str, typer.Option("--reason", help="Why, in words. Logged for good: never a person's id.")
]
By = Annotated[
    str | None, typer.Option("--by", help="Account of who orders it; unset: your login here.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
Within = Annotated[
    float, typer.Option("--within", min=1, help="Seconds to wait for the lanes' answers.")
]
DATES = ("from", "until", "to")
"""Arguments that are dates."""
WITHIN_S = 60.0
"""A lane that opens again after its worker died answers within some ten seconds."""


def who(by: str | None, reason: str) -> Who:
    """Who orders, and why."""
    import getpass

    from kpr_stream.operate.request import Who

    return Who(by or getpass.getuser(), reason)


def new_id() -> str:
    """A command id."""
    import uuid

    return str(uuid.uuid4())


def carry_out(
    orders: Sequence[Order], *, within_s: float = WITHIN_S, role: Role | None = None
) -> list[dict[str, Any]]:
    """Send orders and return the lanes' answers."""
    import asyncio

    from kpr_stream.model.topics import Role
    from kpr_stream.operate.send import sender
    from kpr_stream.settings import Settings

    async def run() -> list[dict[str, Any]]:
        async with sender(Settings(), role or Role.TOOLS) as ready:
            return await ready.carry_out(orders, within_s=within_s)

    return asyncio.run(run())


def order_about_unit(
    kind: str,
    org_nr: str,
    system: str,
    by: str | None,
    reason: str,
    *,
    within_s: float,
    as_json: bool,
    arguments: Mapping[str, str | None] | None = None,
) -> None:
    """Send one order about a unit and system, and tell what its lane answered."""
    from kpr_stream.model.command import CommandKind
    from kpr_stream.model.words import system_named
    from kpr_stream.operate.request import about_unit, day_called, unit_called

    given = {
        name: day_called(text, f"--{name}") if text is not None and name in DATES else text
        for name, text in (arguments or {}).items()
    }
    order = about_unit(
        new_id(),
        CommandKind(kind),
        who(by, reason),
        org_nr=unit_called(org_nr),
        system=system_named(system),
        arguments=given,
    )
    tell(carry_out([order], within_s=within_s), as_json=as_json)


def tell(results: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    """The answers; exit 1 if a lane refused."""
    from kpr_stream.model.command import told_refusal

    if as_json:
        print_json({"results": [plain(result) for result in results]})
    for result in results:
        done = ", ".join(f"{n} {name}" for name, n in sorted(result["counts"].items()))
        if result["status"] == "unchanged" and not done:
            done = "there was nothing to do"
        console.print(
            f"lane {result['lane']}: {result['status']}"
            f"{' ' + result['code'] if result['code'] else ''}{': ' + done if done else ''}",
            highlight=False,
        )
    for why in sorted({told_refusal(result) for result in results if result["code"]}):
        console.print(f"  → {why}", highlight=False)
    if any(result["status"] == "refused" for result in results):
        raise typer.Exit(1)


def plain(value: Any) -> Any:  # noqa: ANN401 - a decoded record: any JSON value, dates, bytes
    """A decoded record as JSON can write it."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if hasattr(value, "isoformat") else value


def order_every_lane(
    kind: str,
    arguments: Mapping[str, str],
    by: str | None,
    reason: str,
    within: float,
    as_json: bool,
    *,
    system: str | None = None,
    role: Role | None = None,
) -> None:
    """Order the same of all lanes, and tell their answers."""
    from kpr_stream.model.command import CommandKind
    from kpr_stream.model.words import system_named
    from kpr_stream.operate.request import to_every_lane

    orders = to_every_lane(
        new_id(),
        CommandKind(kind),
        who(by, reason),
        system=system_named(system) if system else None,
        arguments=arguments,
    )
    tell(carry_out(orders, within_s=within, role=role), as_json=as_json)
