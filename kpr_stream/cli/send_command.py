"""Sends an operator's commands to lanes, and reports the results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from kpr_stream.cli.command_options import WITHIN_S, requester
from kpr_stream.cli.report import console, people, plain, print_json

if TYPE_CHECKING:
    from rich.console import Console

    from kpr_stream.model.topics import Role
    from kpr_stream.operate.request import CommandRequest

DATES = ("from", "until", "to")
"""Arguments of commands that are dates."""


def new_id() -> str:
    """Return a new command id."""
    import uuid

    return str(uuid.uuid4())


def send(
    requests: Sequence[CommandRequest], *, within_s: float = WITHIN_S, role: Role | None = None
) -> list[dict[str, Any]]:
    """Send commands and return the lanes' results, in the order of the commands."""
    import asyncio

    from kpr_stream.model.topics import Role
    from kpr_stream.operate.send import command_sender
    from kpr_stream.settings import Settings

    async def run() -> list[dict[str, Any]]:
        async with command_sender(Settings(), role or Role.TOOLS) as ready:
            return await ready.send(requests, within_s=within_s)

    return asyncio.run(run())


def send_to_unit(
    kind: str,
    org_nr: str,
    system: str,
    by: str | None,
    reason: str,
    *,
    within_s: float,
    as_json: bool = False,
    progress: bool = False,
    arguments: Mapping[str, str | None] | None = None,
) -> None:
    """Send one command about a unit and system, and report the result of its lane.

    As ``progress`` the result goes to standard error: the answer is something else.
    """
    from kpr_stream.cli.arguments import parse_date, parse_unit
    from kpr_stream.model.command import CommandKind
    from kpr_stream.model.words import system_named
    from kpr_stream.operate.request import for_unit

    parsed = {
        name: parse_date(text, f"--{name}") if text is not None and name in DATES else text
        for name, text in (arguments or {}).items()
    }
    request = for_unit(
        new_id(),
        CommandKind(kind),
        requester(by, reason),
        org_nr=parse_unit(org_nr),
        system=system_named(system),
        arguments=parsed,
    )
    results = send([request], within_s=within_s)
    report_results(results, as_json=as_json, out=console if progress else None)


def send_to_every_lane(
    kind: str,
    arguments: Mapping[str, str],
    by: str | None,
    reason: str,
    *,
    within_s: float,
    as_json: bool,
    system: str | None = None,
    role: Role | None = None,
) -> None:
    """Send the same command to all lanes, and report their results."""
    from kpr_stream.model.command import CommandKind
    from kpr_stream.model.words import system_named
    from kpr_stream.operate.request import for_every_lane

    requests = for_every_lane(
        new_id(),
        CommandKind(kind),
        requester(by, reason),
        system=system_named(system) if system else None,
        arguments=arguments,
    )
    report_results(send(requests, within_s=within_s, role=role), as_json=as_json)


def report_results(
    results: Sequence[dict[str, Any]], *, as_json: bool, out: Console | None = None
) -> None:
    """Print results of commands; exit code 1 if a lane refused one."""
    from kpr_stream.model.command import describe_refusal

    if as_json:
        print_json({"results": [plain(result) for result in results]})
    out = out or people(as_json)
    for result in results:
        done = ", ".join(f"{n} {name}" for name, n in sorted(result["counts"].items()))
        if result["status"] == "unchanged" and not done:
            done = "there was nothing to do"
        out.print(
            f"lane {result['lane']}: {result['status']}"
            f"{' ' + result['code'] if result['code'] else ''}{': ' + done if done else ''}",
            highlight=False,
        )
    for why in sorted({describe_refusal(result) for result in results if result["code"]}):
        console.print(f"  → {why}", highlight=False)
    if any(result["status"] == "refused" for result in results):
        raise typer.Exit(1)
