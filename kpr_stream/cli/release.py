"""``kpr-stream release``: the state of EPJ systems' releases; stop one, resume one."""

from __future__ import annotations

from typing import Annotated

import typer

from kpr_stream.cli.command_options import WITHIN_S, By, Json, Reason, Within
from kpr_stream.cli.report import people, plain, print_json

_System = Annotated[str, typer.Option("--system", help="EPJ system, for example visma-hspro.")]
_Version = Annotated[str, typer.Option("--version", help="software_version of its deliveries.")]


def build_release_cli() -> typer.Typer:
    """Build the group of commands."""
    cli = typer.Typer(no_args_is_help=True, help="Stop and resume releases of EPJ systems.")
    cli.command("list")(list_releases)
    cli.command()(stop)
    cli.command()(resume)
    return cli


def list_releases(as_json: Json = False) -> None:
    """List releases, their rejected items, and which are stopped.

    Example: kpr-stream release list
    """
    import asyncio

    from kpr_stream.model.topics import PARTITIONS
    from kpr_stream.operate.release import releases
    from kpr_stream.settings import Settings

    found = asyncio.run(releases(Settings()))
    if as_json:
        print_json({"releases": plain(found)})
    out = people(as_json)
    for one in found:
        lanes = f"{one['stopped_lanes']} of {PARTITIONS} lanes"
        stopped = f", [bold red]stopped[/] in {lanes} ({one['stopped_by']})"
        out.print(
            f"{one['system']} {one['software_version']}: {one['rejected']} of {one['items']} "
            f"recent items rejected{stopped if one['stopped_lanes'] else ''}",
            highlight=False,
        )
    if not found:
        out.print("No release has delivered yet.")


def stop(
    system: _System,
    version: _Version,
    reason: Reason,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Refuse all deliveries of a release.

    They are refused RELEASE_STOPPED, and outboxes keep them until the release is
    resumed. Exit code 2: no unit has delivered with this version.

    Example: kpr-stream release stop --system eg-infodoc --version 7.1 --reason "Wrong unit of weight"
    """  # noqa: E501 - an example is one line
    _send("stop-release", system, version, by, reason, within_s=within, as_json=as_json)


def resume(
    system: _System,
    version: _Version,
    reason: Reason,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Accept deliveries of a stopped release again.

    An operator stopped it, or too many of its items were rejected.

    Example: kpr-stream release resume --system eg-infodoc --version 7.1 --reason "Rule was wrong"
    """
    _send("resume-release", system, version, by, reason, within_s=within, as_json=as_json)


def _send(
    kind: str,
    system: str,
    version: str,
    by: str | None,
    reason: str,
    *,
    within_s: float,
    as_json: bool,
) -> None:
    import asyncio

    from kpr_stream.cli.send_command import send_to_every_lane
    from kpr_stream.model.topics import Role
    from kpr_stream.model.words import system_named
    from kpr_stream.operate.release import releases, require_release
    from kpr_stream.settings import Settings

    named = system_named(system)
    require_release(asyncio.run(releases(Settings(), Role.TOOLS)), named, version)
    send_to_every_lane(
        kind,
        *({"software_version": version}, by, reason),
        within_s=within_s,
        as_json=as_json,
        system=named,
    )
