"""``kpr-stream top``: what runs and what is wrong, in a terminal."""

from __future__ import annotations

from typing import Annotated

import typer

from kpr_stream.cli.command_options import Json

EVERY_S = 5.0
"""As often as Prometheus scrapes; the metrics of the nation are read in about a second."""
Targets = Annotated[
    list[str] | None,
    typer.Option("--target", metavar="HOST:PORT", help="A process; unset: all of KPR_HOME."),
]
Every = Annotated[float, typer.Option(min=0.1, help="Seconds between two readings.")]


def top(
    target: Targets = None,
    once: Annotated[bool, typer.Option("--once", help="Read twice, print, and end.")] = False,
    every: Every = EVERY_S,
    as_json: Json = False,
) -> None:
    """Show what runs and what is wrong now, until Ctrl-C.

    Reads the metrics of every process listed in KPR_HOME/targets, and needs no
    login. Each trouble has the name of its runbook in docs/operate/runbooks.

    Example: kpr-stream top --once --json
    """
    from kpr_stream.cli.report import answers, people, print_json
    from kpr_stream.errors import UsageError
    from kpr_stream.overview.as_json import as_object
    from kpr_stream.overview.layout import draw
    from kpr_stream.overview.targets import read_twice
    from kpr_stream.settings import Settings

    if as_json and not once:
        raise UsageError("--json needs --once.", what_to_do="Add --once, or leave --json out.")
    if once:
        found = read_twice(Settings(), target or (), every_s=every)
        if as_json:
            print_json(as_object(found))
        else:
            people(as_json).print(draw(found))
        return
    if not answers.is_terminal:
        raise UsageError(
            "The live view needs a terminal.", what_to_do="Add --once to print one reading."
        )
    _live(target or [], every)


def _live(addresses: list[str], every_s: float) -> None:
    from contextlib import suppress
    from time import sleep

    from rich.live import Live

    from kpr_stream.cli.report import answers
    from kpr_stream.overview.gather import gather
    from kpr_stream.overview.layout import draw
    from kpr_stream.overview.targets import chosen_targets, read_all
    from kpr_stream.settings import Settings

    settings, before = Settings(), None
    # The other screen of the terminal: what was there comes back at the end.
    with (
        suppress(KeyboardInterrupt),
        Live(console=answers, screen=True, auto_refresh=False) as view,
    ):
        while True:
            now = read_all(chosen_targets(settings, addresses))
            view.update(draw(gather(now, before)), refresh=True)
            before = now
            sleep(every_s)
