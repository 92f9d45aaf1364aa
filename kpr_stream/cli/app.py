"""The list of commands."""

from __future__ import annotations

from typing import Annotated

import typer

from kpr_stream import __version__
from kpr_stream.cli.connect import connect
from kpr_stream.cli.simulate import simulate


def build_cli() -> typer.Typer:
    """The command line, built anew: nothing happens at import."""
    cli = typer.Typer(
        name="kpr-stream",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
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

    for command in (connect, simulate):
        cli.command()(command)
    return cli


def _version(value: bool) -> None:
    if value:
        typer.echo(f"kpr-stream {__version__}")
        raise typer.Exit
