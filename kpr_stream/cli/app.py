"""The list of commands."""

from __future__ import annotations

from typing import Annotated

import typer

from kpr_stream import __version__
from kpr_stream.cli.across import build_across_cli
from kpr_stream.cli.check import check
from kpr_stream.cli.connect import connect
from kpr_stream.cli.demo import demo
from kpr_stream.cli.down import down
from kpr_stream.cli.link import build_link_cli
from kpr_stream.cli.migrate import migrate
from kpr_stream.cli.quarantine import build_quarantine_cli
from kpr_stream.cli.reenrich import reenrich
from kpr_stream.cli.reference import build_reference_cli
from kpr_stream.cli.registry import build_registry_cli
from kpr_stream.cli.release import build_release_cli
from kpr_stream.cli.replay import replay
from kpr_stream.cli.rules import build_rules_cli
from kpr_stream.cli.simulate import build_simulate_cli
from kpr_stream.cli.sink import build_sink_cli
from kpr_stream.cli.status import status
from kpr_stream.cli.unit import build_unit_cli
from kpr_stream.cli.up import up
from kpr_stream.cli.worker import worker


def build_cli() -> typer.Typer:
    """The command line, built anew: nothing happens at import."""
    cli = typer.Typer(
        name="kpr-stream",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help="The streaming receiver through which health stations report to KPR.",
    )

    @cli.callback()
    def _root(
        *,
        version: Annotated[
            bool,
            typer.Option("--version", help="Print the version.", is_eager=True, callback=_version),
        ] = False,
    ) -> None:
        del version

    cli.command()(demo)
    cli.command()(up)
    cli.command()(down)
    cli.command()(status)
    cli.command()(migrate)
    cli.command()(check)
    cli.command()(connect)
    cli.command()(worker)
    cli.command()(replay)
    cli.command()(reenrich)
    cli.add_typer(build_simulate_cli(), name="simulate")
    cli.add_typer(build_sink_cli(), name="sink")
    cli.add_typer(build_unit_cli(), name="unit")
    cli.add_typer(build_quarantine_cli(), name="quarantine")
    cli.add_typer(build_link_cli(), name="link")
    cli.add_typer(build_release_cli(), name="release")
    cli.add_typer(build_across_cli(), name="across")
    cli.add_typer(build_registry_cli(), name="registry")
    cli.add_typer(build_rules_cli(), name="rules")
    cli.add_typer(build_reference_cli(), name="reference")
    return cli


def _version(value: bool) -> None:
    if value:
        typer.echo(f"kpr-stream {__version__}")
        raise typer.Exit
