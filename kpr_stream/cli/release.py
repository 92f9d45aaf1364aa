"""``kpr-stream release``: how releases of EPJ systems fare; stop one, let it go on."""

from __future__ import annotations

from typing import Annotated

import typer

from kpr_stream.cli.acts import WITHIN_S, By, Json, Reason, Within
from kpr_stream.cli.report import console, print_json

_System = Annotated[str, typer.Option("--system", help="EPJ system, for example visma-hspro.")]
_Version = Annotated[str, typer.Option("--version", help="software_version of its deliveries.")]


def build_release_cli() -> typer.Typer:
    """The group of commands."""
    cli = typer.Typer(no_args_is_help=True, help="Releases of EPJ systems.")
    cli.command("list")(list_releases)
    cli.command()(stop)
    cli.command()(resume)
    return cli


def list_releases(as_json: Json = False) -> None:
    """Every release that has delivered, with its rejected share, and whether it is stopped.

    Example: kpr-stream release list
    """
    import asyncio

    from kpr_stream.cli.acts import plain
    from kpr_stream.kafka.access import kafka_access
    from kpr_stream.model.topics import RELEASE, Role
    from kpr_stream.operate.newest import newest
    from kpr_stream.operate.release import by_release
    from kpr_stream.settings import Settings

    access = kafka_access(Settings(), Role.OPERATOR)
    found = by_release(asyncio.run(newest(access, RELEASE, "release")))
    if as_json:
        print_json({"releases": plain(found)})
    for one in found:
        stopped = f", [bold red]stopped[/] in {one['stopped_lanes']} lanes ({one['stopped_by']})"
        console.print(
            f"{one['system']} {one['software_version']}: {one['rejected']} of {one['items']} "
            f"items rejected of late{stopped if one['stopped_lanes'] else ''}",
            highlight=False,
        )
    if not found:
        console.print("No release has delivered yet.")


def stop(
    system: _System,
    version: _Version,
    reason: Reason,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Take no more deliveries of a release: they are refused RELEASE_STOPPED, outboxes keep them.

    Example: kpr-stream release stop --system eg-infodoc --version 7.1 --reason "Wrong unit of weight"
    """  # noqa: E501 - an example is one line
    from kpr_stream.cli.acts import order_every_lane

    arguments = {"software_version": version}
    order_every_lane("stop-release", arguments, by, reason, within, as_json, system=system)


def resume(
    system: _System,
    version: _Version,
    reason: Reason,
    by: By = None,
    within: Within = WITHIN_S,
    as_json: Json = False,
) -> None:
    """Let a release go on that was stopped, by an operator or by its rejected items.

    Example: kpr-stream release resume --system eg-infodoc --version 7.1 --reason "Rule was wrong"
    """
    from kpr_stream.cli.acts import order_every_lane

    arguments = {"software_version": version}
    order_every_lane("resume-release", arguments, by, reason, within, as_json, system=system)
