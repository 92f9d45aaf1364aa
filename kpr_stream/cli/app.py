"""The list of commands, grouped by reader."""

from __future__ import annotations

from typing import Annotated

import typer

from kpr_stream import __version__
from kpr_stream.cli.across import build_across_cli
from kpr_stream.cli.analytics import build_analytics_cli
from kpr_stream.cli.check import check
from kpr_stream.cli.conformance import conformance
from kpr_stream.cli.connect_group import build_connect_cli
from kpr_stream.cli.delivery import build_delivery_cli
from kpr_stream.cli.demo import demo
from kpr_stream.cli.dictionary import dictionary
from kpr_stream.cli.down import down
from kpr_stream.cli.export import build_export_cli
from kpr_stream.cli.exporter import exporter
from kpr_stream.cli.freeze import build_freeze_cli
from kpr_stream.cli.link import build_link_cli
from kpr_stream.cli.migrate import migrate
from kpr_stream.cli.municipality_report import report
from kpr_stream.cli.probe import probe
from kpr_stream.cli.projector import projector
from kpr_stream.cli.quarantine import build_quarantine_cli
from kpr_stream.cli.reenrich import reenrich
from kpr_stream.cli.reference import build_reference_cli
from kpr_stream.cli.registry import build_registry_cli
from kpr_stream.cli.release import build_release_cli
from kpr_stream.cli.replay import replay
from kpr_stream.cli.rules import build_rules_cli
from kpr_stream.cli.sandbox import sandbox
from kpr_stream.cli.simulate import build_simulate_cli
from kpr_stream.cli.sink import build_sink_cli
from kpr_stream.cli.status import status
from kpr_stream.cli.tail import tail
from kpr_stream.cli.top import top
from kpr_stream.cli.topics import build_topics_cli
from kpr_stream.cli.unit import build_unit_cli
from kpr_stream.cli.up import up
from kpr_stream.cli.worker import worker

TRY, SEND, RUN, OPERATE, DATA = "Try it", "Send", "Run", "Operate", "Data"
"""Groups of commands in the help, by reader: newcomer, vendor, platform, operator, analyst."""


def build_cli() -> typer.Typer:
    """Build the command line. Importing this module has no effects."""
    cli = typer.Typer(
        name="kpr-stream",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help="The streaming receiver through which health stations report to KPR.\n\n"
        "Example: kpr-stream demo",
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

    for panel, commands in {
        TRY: (demo, up, down, status),
        SEND: (check, sandbox, conformance),
        RUN: (migrate, worker, projector, exporter, probe),
        OPERATE: (top, replay, reenrich),
        DATA: (tail, report, dictionary),
    }.items():
        for command in commands:
            cli.command(rich_help_panel=panel)(command)
    for panel, groups in {
        SEND: {"connect": build_connect_cli(), "rules": build_rules_cli()},
        RUN: {"sink": build_sink_cli()},
        OPERATE: {
            "unit": build_unit_cli(),
            "delivery": build_delivery_cli(),
            "quarantine": build_quarantine_cli(),
            "release": build_release_cli(),
            "registry": build_registry_cli(),
            "across": build_across_cli(),
            "link": build_link_cli(),
            "topics": build_topics_cli(),
        },
        DATA: {
            "analytics": build_analytics_cli(),
            "export": build_export_cli(),
            "freeze": build_freeze_cli(),
            "reference": build_reference_cli(),
            "simulate": build_simulate_cli(),
        },
    }.items():
        for name, group in groups.items():
            cli.add_typer(group, name=name, rich_help_panel=panel)
    return cli


def _version(value: bool) -> None:
    if value:
        typer.echo(f"kpr-stream {__version__}")
        raise typer.Exit
