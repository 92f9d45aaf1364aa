"""``kpr-stream demo``: the whole flow once, on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from kpr_stream.cli.command_options import Json


def demo(
    consultations: Annotated[
        int,
        typer.Option(min=1, max=1_000_000, help="Distinct visits, resent ones not counted."),
    ] = 20_000,
    municipalities: Annotated[int, typer.Option(min=1, help="On the four systems.")] = 6,
    seed: Annotated[int, typer.Option(help="Same seed, same nation.")] = 1,
    as_json: Json = False,
) -> None:
    """Run the whole flow, from EPJ exports to PostgreSQL.

    Uses a real Kafka and synthetic children. Starts the embedded stack, simulates
    four systems, runs connectors, workers and sinks as separate processes, and
    checks the result. Writes the report of one municipality at the end. A second
    run sends everything again and stores nothing twice. Exit code 1: the check
    found a difference.

    Example: kpr-stream demo --consultations 2000 --json
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from kpr_stream.cli.report import console, people, print_json
    from kpr_stream.demo import report
    from kpr_stream.demo.run import Demo, Display
    from kpr_stream.settings import Settings
    from kpr_stream.simulate.small.generate import Plan

    settings = Settings()
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console) as bars:
        answered = bars.add_task("items answered", total=None, visible=False)
        stored = bars.add_task("rows stored", total=None, visible=False)
        display = Display(
            step=lambda text: console.print(f"• {text}", highlight=False),
            answered=lambda n, of: bars.update(answered, completed=n, total=of, visible=True),
            stored=lambda n: bars.update(stored, completed=n, total=n, visible=True),
        )
        result = Demo(settings, Plan(consultations, seed, municipalities), display).run()
    out = people(as_json)
    out.print(report.table(result))
    for line in report.findings(result):
        out.print(line, highlight=False)
    out.print(
        "Look next: `kpr-stream status` (addresses), docs/analyse/README.md (SQL), "
        f"docs/flow/README.md (the code), {settings.home}/log (logs). Stop: `kpr-stream down`.",
        highlight=False,
    )
    if as_json:
        print_json(report.as_json(result))
    if not result.good:
        raise typer.Exit(1)
